#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Fast `log2` and `P(x) = x · log2 x` with an absolute error below 4e-16 per logarithm.
///
/// The mantissa is split at 128 centers: `log2 x = exponent + log2 center + log2(1 + r)` with
/// `|r| ≤ 2^-8`, where six terms of the series reach double precision. Plain additions and
/// multiplications only, so that independent evaluations overlap in the processor.
struct EntropyTable: @unchecked Sendable {
  // Unchecked: the table is written once, by `shared`, and lives as long as the process.

  /// Pairs: reciprocal of the center, logarithm of the center.
  private let table: UnsafePointer<Double>

  static let shared = EntropyTable()

  private init() {
    let values = UnsafeMutablePointer<Double>.allocate(capacity: 256)
    for index in 0..<128 {
      let center = 1 + (Double(index) + 0.5) / 128
      values[2 * index] = 1 / center
      values[2 * index + 1] = logarithm(center)
    }
    table = UnsafePointer(values)
  }

  /// `log2(1 + r)` for `|r| ≤ 2^-8`.
  @inline(__always)
  private func series(_ r: Double) -> Double {
    let square = r * r
    let low = 1.4426950408889634 + r * -0.7213475204444817
    let middle = 0.48089834696298783 + r * -0.36067376022224085
    let high = 0.28853900817779268 + r * -0.24044917348149390
    return r * (low + square * (middle + square * high))
  }

  /// `log2 x` for positive `x`; a large negative number for 0.
  @inline(__always)
  func log2(_ x: Double) -> Double {
    let bits = x.bitPattern
    let exponent = Double(Int32(truncatingIfNeeded: bits >> 52) &- 1023)
    let entry = Int(truncatingIfNeeded: (bits >> 45) & 127)
    let mantissa = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000)
    let center = Double(
      bitPattern: (bits & 0x000F_E000_0000_0000) | 0x3FF0_1000_0000_0000)
    let r = (mantissa - center) * table[2 * entry]
    return (exponent + table[2 * entry + 1]) + series(r)
  }

  /// `P(x) = x · log2 x`, with `P(0) = 0`; rounding may hand in values a little below zero.
  @inline(__always)
  func p(_ x: Double) -> Double { x * log2(x) }

  /// `P(x + d) − P(x)` for `x > 0` without the cancellation of the plain difference.
  @inline(__always)
  func difference(_ x: Double, _ logarithm: Double, _ d: Double) -> Double {
    let ratio = d / x
    if abs(ratio) < 0.00390625 {
      return d * logarithm + (x + d) * series(ratio)
    }
    return p(x + d) - x * logarithm
  }
}

/// The system's `log2`, under a name that the methods above do not hide.
private func logarithm(_ x: Double) -> Double { log2(x) }
