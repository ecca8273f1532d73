/// The type of one element of a stored tensor, by its safetensors name.
///
/// The order of the cases is that of the safetensors reference implementation, which lays tensors
/// out by descending type so that each is aligned to its element.
public enum ElementType: String, Sendable, CaseIterable, Codable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8e5m2 = "F8_E5M2"
  case float8e4m3 = "F8_E4M3"
  case float8e8m0 = "F8_E8M0"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case complex64 = "C64"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .bool, .uint8, .int8, .float8e5m2, .float8e4m3, .float8e8m0: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .complex64, .float64, .int64, .uint64: 8
    }
  }

  /// Position in the layout order of safetensors.
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A Swift type whose memory is one element of a stored tensor.
public protocol StorableElement: BitwiseCopyable, Sendable {
  static var elementType: ElementType { get }
}

extension Double: StorableElement { public static var elementType: ElementType { .float64 } }
extension Float: StorableElement { public static var elementType: ElementType { .float32 } }
extension Int64: StorableElement { public static var elementType: ElementType { .int64 } }
extension Int: StorableElement { public static var elementType: ElementType { .int64 } }
extension Int32: StorableElement { public static var elementType: ElementType { .int32 } }
extension Int16: StorableElement { public static var elementType: ElementType { .int16 } }
extension Int8: StorableElement { public static var elementType: ElementType { .int8 } }
extension UInt64: StorableElement { public static var elementType: ElementType { .uint64 } }
extension UInt32: StorableElement { public static var elementType: ElementType { .uint32 } }
extension UInt16: StorableElement { public static var elementType: ElementType { .uint16 } }
extension UInt8: StorableElement { public static var elementType: ElementType { .uint8 } }
