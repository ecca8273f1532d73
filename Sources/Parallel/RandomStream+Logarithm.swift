#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension RandomStream {
  static func logarithm(_ value: Double) -> Double { log(value) }
}
