import Foundation

/// What the machine's processor can do, as far as the choice of kernels and of precision depends on
/// it.
public struct Processor: Sendable {
  /// Such as `AMD EPYC 9654`.
  public let name: String
  /// Logical cores that this process may use.
  public let cores: Int
  /// Flags in Linux's spelling: `avx2`, `avx512f`, `avx512_bf16`, `amx_bf16`, `bf16` (Arm).
  public let flags: Set<String>

  public var hasAVX2: Bool { flags.contains("avx2") }
  public var hasAVX512: Bool { flags.contains("avx512f") }
  /// Dot products of bfloat16 in vector registers.
  public var hasBFloat16: Bool { flags.contains("avx512_bf16") || flags.contains("bf16") }
  /// Tiles of bfloat16: here mixed precision is faster than float32 for matrix products of most sizes.
  public var hasAMX: Bool { flags.contains("amx_bf16") }

  public static let current = Processor()

  private init() {
    cores = defaultThreadCount
    #if os(Linux)
      let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
      func field(_ names: String...) -> String? {
        for line in text.split(separator: "\n") {
          let parts = line.split(separator: ":", maxSplits: 1)
          guard parts.count == 2 else { continue }
          if names.contains(parts[0].trimmingCharacters(in: .whitespaces)) {
            return parts[1].trimmingCharacters(in: .whitespaces)
          }
        }
        return nil
      }
      name = field("model name", "Model", "Hardware") ?? "unknown processor"
      flags = Set((field("flags", "Features") ?? "").split(separator: " ").map(String.init))
    #elseif canImport(Darwin)
      func text(_ key: String) -> String? {
        var size = 0
        guard sysctlbyname(key, nil, &size, nil, 0) == 0, size > 0 else { return nil }
        var bytes = [CChar](repeating: 0, count: size)
        guard sysctlbyname(key, &bytes, &size, nil, 0) == 0 else { return nil }
        return String(
          decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      }
      func has(_ key: String) -> Bool {
        var value: Int32 = 0
        var size = MemoryLayout<Int32>.size
        return sysctlbyname(key, &value, &size, nil, 0) == 0 && value != 0
      }
      name = text("machdep.cpu.brand_string") ?? "unknown processor"
      var found: Set<String> = []
      if has("hw.optional.arm.FEAT_BF16") { found.insert("bf16") }
      if has("hw.optional.avx2_0") { found.insert("avx2") }
      if has("hw.optional.avx512f") { found.insert("avx512f") }
      flags = found
    #else
      name = "unknown processor"
      flags = []
    #endif
  }
}
