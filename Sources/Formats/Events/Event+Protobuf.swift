// Field numbers are those of TensorFlow's event.proto, summary.proto and tensor.proto.

extension Event {
  /// The message without its TFRecord frame.
  var protobuf: [UInt8] {
    var message = ProtobufWriter()
    message.double(1, wallTime)
    if step != 0 { message.integer(2, step) }
    switch content {
    case .fileVersion(let version): message.text(3, version)
    case .summary(let values):
      message.message(5) { summary in
        for value in values { summary.message(1, value.write) }
      }
    case .other: break
    }
    return message.bytes
  }

  /// Parses a message; `nil` if it is malformed.
  init?(protobuf bytes: UnsafeRawBufferPointer) {
    self.init(wallTime: 0, step: 0, content: .other)
    do {
      var reader = ProtobufReader(bytes)
      while let (field, value) = try reader.next() {
        switch field {
        case 1: wallTime = value.double ?? 0
        case 2: step = value.integer ?? 0
        case 3: content = value.text.map(Content.fileVersion) ?? .other
        case 5:
          guard let summary = value.data else { return nil }
          content = .summary(try Self.values(summary))
        default: break
        }
      }
    } catch { return nil }
  }

  private static func values(_ bytes: UnsafeRawBufferPointer) throws -> [SummaryValue] {
    var values: [SummaryValue] = []
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      if field == 1, let data = value.data { values.append(try SummaryValue(protobuf: data)) }
    }
    return values
  }
}

extension SummaryValue {
  fileprivate func write(_ message: inout ProtobufWriter) {
    message.text(1, tag)
    switch content {
    case .scalar(let value): message.float(2, value)
    case .image(let width, let height, let channels, let png):
      message.message(4) { image in
        image.integer(1, height)
        image.integer(2, width)
        image.integer(3, channels)
        image.data(4, png)
      }
    case .histogram(let histogram):
      message.message(5) { message in
        message.double(1, histogram.minimum)
        message.double(2, histogram.maximum)
        message.double(3, histogram.count)
        message.double(4, histogram.sum)
        message.double(5, histogram.sumOfSquares)
        message.doubles(6, histogram.limits)
        message.doubles(7, histogram.counts)
      }
    case .text(let texts):
      message.message(8) { tensor in
        tensor.integer(1, 7)  // DT_STRING
        tensor.message(2) { shape in
          shape.message(2) { $0.integer(1, texts.count) }
        }
        for text in texts { tensor.text(8, text) }
      }
      message.message(9) { metadata in
        metadata.message(1) { $0.text(1, "text") }
      }
    case .other: break
    }
  }

  fileprivate init(protobuf bytes: UnsafeRawBufferPointer) throws {
    self.init(tag: "", .other)
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: tag = value.text ?? ""
      case 2: content = value.float.map(Content.scalar) ?? .other
      case 4:
        if let data = value.data { content = try Self.image(data) }
      case 5:
        if let data = value.data { content = .histogram(try Self.histogram(data)) }
      case 8:
        if let data = value.data { content = try Self.tensor(data) }
      default: break
      }
    }
  }

  private static func image(_ bytes: UnsafeRawBufferPointer) throws -> Content {
    var (height, width, channels) = (0, 0, 0)
    var png: [UInt8] = []
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: height = value.integer ?? 0
      case 2: width = value.integer ?? 0
      case 3: channels = value.integer ?? 0
      case 4: png = value.data.map(Array.init) ?? []
      default: break
      }
    }
    return .image(width: width, height: height, channels: channels, png: png)
  }

  private static func histogram(_ bytes: UnsafeRawBufferPointer) throws -> Histogram {
    var histogram = Histogram(
      minimum: 0, maximum: 0, count: 0, sum: 0, sumOfSquares: 0, limits: [], counts: [])
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: histogram.minimum = value.double ?? 0
      case 2: histogram.maximum = value.double ?? 0
      case 3: histogram.count = value.double ?? 0
      case 4: histogram.sum = value.double ?? 0
      case 5: histogram.sumOfSquares = value.double ?? 0
      case 6: histogram.limits += try doubles(value)
      case 7: histogram.counts += try doubles(value)
      default: break
      }
    }
    return histogram
  }

  /// `repeated double`, packed or one by one.
  private static func doubles(_ value: ProtobufReader.Value) throws -> [Double] {
    if let single = value.double { return [single] }
    guard let data = value.data, data.count % 8 == 0 else { throw ProtobufReader.Malformed() }
    return (0..<data.count / 8).map { index in
      let bits = data.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
      return Double(bitPattern: UInt64(littleEndian: bits))
    }
  }

  /// A tensor of texts, or a single float as newer writers store scalars.
  private static func tensor(_ bytes: UnsafeRawBufferPointer) throws -> Content {
    var elementType = 0
    var texts: [String] = []
    var scalar: Float?
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: elementType = value.integer ?? 0
      case 4:
        if let data = value.data, data.count == 4 {
          scalar = Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(as: UInt32.self)))
        }
      case 5:
        if let single = value.float {
          scalar = single
        } else if let data = value.data, data.count == 4 {
          scalar = Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(as: UInt32.self)))
        }
      case 8: value.text.map { texts.append($0) }
      default: break
      }
    }
    if elementType == 7 { return .text(texts) }
    if elementType == 1, let scalar { return .scalar(scalar) }
    return .other
  }
}
