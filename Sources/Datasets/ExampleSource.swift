import Messages
import Parallel

/// Where examples come from, each found by its number: in memory, in files, or drawn anew.
///
/// A loader asks from several threads at once. What is drawn at random comes from `random`, which depends
/// on the loader's seed, the epoch and the index alone, so that every batch can be made again.
/// PyTorch: `Dataset` of `__len__` and `__getitem__`.
public protocol ExampleSource: Sendable {
  var count: Int { get }
  /// The class of each example, for `.balanced`; `nil` (the default) if it is not known beforehand.
  var classLabels: [Int]? { get }
  /// The length of an example, for `.bucketed`; `nil` (the default) if it is not known beforehand.
  func length(at index: Int) -> Int?
  func example(at index: Int, random: inout RandomStream) throws -> Example
}

extension ExampleSource {
  public var classLabels: [Int]? { nil }
  public func length(at index: Int) -> Int? { nil }
}

/// A source that is a closure: samples drawn anew at each visit, files read when they are needed.
///
///     Examples(count: 10_000) { index, random in
///       let x = Float(random.normal())
///       return Example(.floats([x]), label: .float(x * x))
///     }
public struct Examples: ExampleSource {
  public let count: Int
  public let classLabels: [Int]?
  private let lengths: [Int]?
  private let body: @Sendable (_ index: Int, _ random: inout RandomStream) throws -> Example

  /// Traps unless labels and lengths, where given, are as many as `count`.
  public init(
    count: Int, classLabels: [Int]? = nil, lengths: [Int]? = nil,
    _ body: @escaping @Sendable (_ index: Int, _ random: inout RandomStream) throws -> Example
  ) {
    require(
      count >= 0 && (classLabels?.count ?? count) == count && (lengths?.count ?? count) == count,
      "Examples expected \(count) class labels and lengths, received \(classLabels?.count ?? count) "
        + "and \(lengths?.count ?? count)")
    self.count = count
    self.classLabels = classLabels
    self.lengths = lengths
    self.body = body
  }

  public func length(at index: Int) -> Int? { lengths?[index] }

  public func example(at index: Int, random: inout RandomStream) throws -> Example {
    try body(index, &random)
  }
}

/// Examples that come one after the other, more than memory holds: lines of a file, answers of a server.
///
/// Each epoch begins with a new iterator. The order is that of the iterator, or that of a shuffle buffer
/// in front of it. A loader that is set back reads the epoch again up to where it was, so an iterator of
/// the same epoch must give the same examples.
///
///     ExampleStream { epoch in
///       var lines = try Lines(path: path)
///       return { try lines.next().map { Example(.integers(tokens($0))) } }
///     }
/// PyTorch: `IterableDataset`.
public struct ExampleStream: Sendable {
  public typealias Next = () throws -> Example?
  let makeIterator: @Sendable (_ epoch: Int) throws -> Next

  public init(_ makeIterator: @escaping @Sendable (_ epoch: Int) throws -> Next) {
    self.makeIterator = makeIterator
  }
}

/// Changes one example as its batch is made: augmentation, tokenization, noise.
///
/// `random` depends on the seed, the epoch and the example's index alone.
/// torchvision: `transforms`; Keras: preprocessing layers.
public protocol ExampleTransform: Sendable {
  func apply(to example: inout Example, random: inout RandomStream) throws
  /// What takes its place where a model is evaluated or predicts: itself by default; `nil` for what only
  /// makes training data more varied.
  var forEvaluation: (any ExampleTransform)? { get }
}

extension ExampleTransform {
  public var forEvaluation: (any ExampleTransform)? { self }
}

/// A transform that is a closure.
public struct Transform: ExampleTransform {
  public let forEvaluation: (any ExampleTransform)?
  private let body:
    @Sendable (_ example: inout Example, _ random: inout RandomStream) throws -> Void

  /// - Parameter isAugmentation: Only training data are to be changed.
  public init(
    isAugmentation: Bool = false,
    _ body:
      @escaping @Sendable (_ example: inout Example, _ random: inout RandomStream) throws -> Void
  ) {
    self.body = body
    forEvaluation = isAugmentation ? nil : Plain(body: body)
  }

  private struct Plain: ExampleTransform {
    let body: @Sendable (_ example: inout Example, _ random: inout RandomStream) throws -> Void

    func apply(to example: inout Example, random: inout RandomStream) throws {
      try body(&example, &random)
    }
  }

  public func apply(to example: inout Example, random: inout RandomStream) throws {
    try body(&example, &random)
  }
}
