import Formats
import Messages

/// What a SentencePiece `.model` holds: pieces with scores, and how text is normalized before it is cut.
///
/// Kudo & Richardson 2018; the file is a protocol-buffers message (`sentencepiece_model.proto`).
public struct SentencePieceModel: Sendable {
  public enum Algorithm: Int, Sendable {
    case unigram = 1
    case bytePairs = 2
  }

  public enum Kind: Int, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  public struct Piece: Sendable, Equatable {
    public var text: String
    public var score: Float
    public var kind: Kind

    public init(_ text: String, score: Float, kind: Kind = .normal) {
      self.text = text
      self.score = score
      self.kind = kind
    }
  }

  /// How text is normalized.
  public struct Normalization: Sendable, Equatable {
    /// A table of replacements (`precompiled_charsmap`); empty: none.
    public var replacements: [UInt8] = []
    /// Put a space before the text.
    public var addsPrefix = true
    /// Drop spaces at both ends, and all but one in a row.
    public var removesExtraSpaces = true
    /// Write spaces as ▁ (U+2581).
    public var escapesSpaces = true
    /// The space of `addsPrefix` goes behind the text.
    public var putsSpaceBehind = false

    public init() {}
  }

  public var algorithm = Algorithm.unigram
  public var pieces: [Piece] = []
  public var normalization = Normalization()
  /// Characters without a piece are written as bytes, `<0xE4>`.
  public var fallsBackToBytes = false
  /// What stands for the unknown piece in decoded text.
  public var unknownSurface = " ⁇ "

  public init() {}

  /// Reads a `.model`.
  public init(contentsOf path: String) throws {
    let file = try MappedFile(path: path)
    do {
      try self.init(parsing: file.bytes)
    } catch let error as InputError {
      throw FileError(path: path, reason: "is no SentencePiece model: \(error)")
    }
  }

  /// Throws `InputError` if the bytes are no model that can be used.
  public init(parsing bytes: UnsafeRawBufferPointer) throws {
    var kinds: Set<Kind> = []
    do {
      var reader = ProtobufReader(bytes)
      while let (field, value) = try reader.next() {
        switch (field, value.data) {
        case (1, let data?):
          let piece = try Self.piece(data)
          kinds.insert(piece.kind)
          pieces.append(piece)
        case (2, let data?): try readTraining(data)
        case (3, let data?): try readNormalization(data)
        default: continue
        }
      }
    } catch is ProtobufReader.Malformed {
      throw InputError("its bytes are no protocol-buffers message, or end too early")
    }
    guard !pieces.isEmpty else { throw InputError("it has no pieces") }
    guard kinds.contains(.unknown) else { throw InputError("it has no piece for the unknown") }
    let byteCount = pieces.count { $0.kind == .byte }
    guard !fallsBackToBytes || byteCount == 256 else {
      throw InputError("it falls back to bytes, and has pieces for \(byteCount) of 256")
    }
  }

  private static func piece(_ data: UnsafeRawBufferPointer) throws -> Piece {
    var piece = Piece("", score: 0)
    var reader = ProtobufReader(data)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: piece.text = value.text ?? ""
      case 2: piece.score = value.float ?? 0
      case 3:
        guard let kind = Kind(rawValue: value.integer ?? 0) else {
          throw InputError(
            "piece \(piece.text.quotedForMessage) is of kind \(value.integer ?? 0), known are 1 to 6"
          )
        }
        piece.kind = kind
      default: continue
      }
    }
    guard piece.score.isFinite else {
      throw InputError("the score of \(piece.text.quotedForMessage) is no number")
    }
    return piece
  }

  private mutating func readTraining(_ data: UnsafeRawBufferPointer) throws {
    var reader = ProtobufReader(data)
    while let (field, value) = try reader.next() {
      switch field {
      case 3:
        guard let algorithm = Algorithm(rawValue: value.integer ?? 0) else {
          throw InputError(
            "its model type is \(value.integer ?? 0); 1 (unigram) and 2 (BPE) can be read")
        }
        self.algorithm = algorithm
      case 24: normalization.putsSpaceBehind = value.integer == 1
      case 35: fallsBackToBytes = value.integer == 1
      case 44: unknownSurface = value.text ?? unknownSurface
      default: continue
      }
    }
  }

  private mutating func readNormalization(_ data: UnsafeRawBufferPointer) throws {
    var reader = ProtobufReader(data)
    while let (field, value) = try reader.next() {
      switch field {
      case 2: normalization.replacements = value.data.map(Array.init) ?? []
      case 3: normalization.addsPrefix = value.integer != 0
      case 4: normalization.removesExtraSpaces = value.integer != 0
      case 5: normalization.escapesSpaces = value.integer != 0
      default: continue
      }
    }
    _ = try ReplacementTable(normalization.replacements)
  }
}
