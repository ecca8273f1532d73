import Foundation

/// Where a tensor's elements live: `cpu`, or a GPU such as `cuda:0`.
public struct Device: Hashable, Sendable {
  public enum Kind: Int, Sendable {
    case cpu = 0
    case cuda = 1
    case mps = 13
  }

  public let kind: Kind
  /// The number of the GPU; 0 for the CPU.
  public let index: Int

  public init(_ kind: Kind, index: Int = 0) {
    self.kind = kind
    self.index = index
  }

  public static let cpu = Device(.cpu)

  public static func cuda(_ index: Int) -> Device { Device(.cuda, index: index) }

  /// Reads `cpu`, `cuda`, `cuda:1`, `mps`. Throws `TorchError` for anything else, and for a GPU that
  /// is not there.
  public init(parsing text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let number = parts.count == 2 ? Int(parts[1]) : 0
    guard parts.count <= 2, let number, number >= 0, number < 128 else {
      throw TorchError("unknown device '\(text)'; cpu, cuda, cuda:1 or auto would work")
    }
    switch parts[0] {
    case "cpu": self = .cpu
    case "cuda":
      let count = Device.cudaCount
      guard number < count else {
        throw TorchError(
          "device '\(text)' asked for, but libtorch sees \(count) CUDA devices; "
            + "'danlu doctor' tells why, the device cpu works")
      }
      self = .cuda(number)
    case "mps": self = Device(.mps)
    case "auto": self = .best
    default: throw TorchError("unknown device '\(text)'; cpu, cuda, cuda:1 or auto would work")
    }
  }

  /// How many CUDA devices libtorch can use.
  public static var cudaCount: Int { Int(LibTorch.api.cuda_device_count()) }

  /// The first CUDA device if there is one, else the CPU.
  public static var best: Device { cudaCount > 0 ? .cuda(0) : .cpu }

  /// Waits until all work queued on the device is done.
  public func synchronize() {
    if LibTorch.api.synchronize(encoded) < 0 { trap(TorchError.last("synchronize \(self)")) }
  }

  /// kind × 256 + index + 1; the CPU has no index, which libtorch writes as −1.
  var encoded: Int64 { Int64(kind.rawValue * 256 + (kind == .cpu ? 0 : index + 1)) }

  init(encoded: Int64) {
    guard let kind = Kind(rawValue: Int(encoded) / 256) else {
      trap(TorchError("a tensor lives on a kind of device that Danlu does not know"))
    }
    self.init(kind, index: max(0, Int(encoded) % 256 - 1))
  }
}

extension Device: CustomStringConvertible {
  public var description: String {
    switch kind {
    case .cpu: "cpu"
    case .cuda: "cuda:\(index)"
    case .mps: "mps"
    }
  }
}

extension Device {
  /// The compute capability of a CUDA device, from the CUDA runtime that libtorch brought along.
  public static func cudaCapability(_ index: Int) -> (major: Int, minor: Int)? {
    guard index < cudaCount, let symbol = dlsym(nil, "cudaDeviceGetAttribute") else { return nil }
    typealias GetAttribute =
      @convention(c) (
        UnsafeMutablePointer<Int32>, Int32, Int32
      ) -> Int32
    let attribute = unsafeBitCast(symbol, to: GetAttribute.self)
    var major: Int32 = 0
    var minor: Int32 = 0
    // cudaDevAttrComputeCapabilityMajor and …Minor.
    guard attribute(&major, 75, Int32(index)) == 0, attribute(&minor, 76, Int32(index)) == 0 else {
      return nil
    }
    return (Int(major), Int(minor))
  }
}
