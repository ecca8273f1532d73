import CMPI

extension Communicator {
  /// The sum over all ranks with half the bytes on the wire: numbers travel as bfloat16 and are added up in
  /// float32, each rank one block; what it finds is rounded once and given to all.
  ///
  /// Rounding is to the nearest, ties to even: the relative error of a sum is below 2⁻⁸ + 2⁻⁸ of the sum of
  /// magnitudes. The same bits on all ranks.
  public func sumInBrainFloat(_ values: UnsafeMutableBufferPointer<Float>) throws {
    guard !isAlone, let base = values.baseAddress else { return }
    let length = Self.pieceBytes / MemoryLayout<UInt16>.stride
    var start = 0
    while start < values.count {
      let count = min(length, values.count - start)
      try sumPiece(UnsafeMutableBufferPointer(start: base + start, count: count))
      start += count
    }
  }

  private func sumPiece(_ values: UnsafeMutableBufferPointer<Float>) throws {
    let block = (values.count + size - 1) / size
    let lengths = (0..<size).map { max(0, min(block, values.count - $0 * block)) }
    var sent: [[UInt16]] = []
    var start = 0
    for length in lengths {
      sent.append(
        [UInt16](unsafeUninitializedCapacity: length) { buffer, count in
          for index in 0..<length { buffer[index] = BrainFloat.bits(values[start + index]) }
          count = length
        })
      start += length
    }
    let received = try exchange(sent)
    var sums = [Float](repeating: 0, count: lengths[rank])
    for part in received {
      for index in sums.indices { sums[index] += BrainFloat.value(part[index]) }
    }
    let own = [UInt8](unsafeUninitializedCapacity: 2 * sums.count) { buffer, count in
      let bits = UnsafeMutableRawBufferPointer(buffer)
      for (index, sum) in sums.enumerated() {
        bits.storeBytes(of: BrainFloat.bits(sum), toByteOffset: 2 * index, as: UInt16.self)
      }
      count = 2 * sums.count
    }
    var place = 0
    for part in try gather(own) {
      part.withUnsafeBytes { bytes in
        for index in 0..<bytes.count / 2 {
          values[place + index] = BrainFloat.value(
            bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
        }
      }
      place += part.count / 2
    }
  }
}

/// The upper half of a float32.
enum BrainFloat {
  /// To the nearest, ties to even; what is not a number stays one.
  @inline(__always)
  static func bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  @inline(__always)
  static func value(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
}
