import Formats
import Layers
import Messages
import Torch

extension Dataset {
  /// The arrays of NumPy's archive (`.npz`) as named inputs `(N, …)`: `inputs`, by default all but the
  /// label, in the order of the file.
  ///
  ///     let data = try Dataset(npz: "mnist.npz", inputs: ["x_train"], label: "y_train")
  ///
  /// Bytes (uint8) are pixels; other integers become int64, decimals float32. A label of one column
  /// `(N, 1)` is taken as `(N)`.
  ///
  /// Throws `FileError`: no archive, no such array, arrays of other types or of different lengths.
  public init(npz path: String, inputs: [String]? = nil, label: String? = nil) throws {
    let arrays = try NPZ.read(path: path)
    func tensor(_ name: String) throws -> Tensor {
      guard let array = arrays.first(where: { $0.name == name })?.array else {
        throw FileError(
          path: path,
          reason: "has no array '\(name)'; it has \(arrays.map(\.name).joined(separator: ", "))")
      }
      guard !array.shape.isEmpty else {
        throw FileError(path: path, reason: "array '\(name)' is one number, (N, …) was expected")
      }
      switch array.elementType {
      case .uint8: return try Tensor(array)
      case .float16, .bfloat16, .float32, .float64: return try Tensor(array).to(.float32)
      default:
        guard let integers = array.integers() else {
          throw FileError(
            path: path,
            reason: "array '\(name)' holds \(array.elementType.rawValue), numbers were expected")
        }
        return Tensor(integers, shape: array.shape)
      }
    }
    let columns = try (inputs ?? arrays.map(\.name).filter { $0 != label })
      .map { ($0, Column.tensor(try tensor($0))) }
    var labels = try label.map { try tensor($0) }
    if let found = labels, found.dtype == .uint8 { labels = found.to(.int64) }
    if let found = labels, found.rank == 2, found.size(1) == 1 { labels = found.reshaped(-1) }
    let counts =
      columns.map { ($0.0, $0.1.count) } + (labels.map { [(label ?? "", $0.size(0))] } ?? [])
    guard !columns.isEmpty, Set(counts.map(\.1)).count == 1 else {
      let list = counts.map { "\($0): \($1)" }.joined(separator: ", ")
      throw FileError(
        path: path,
        reason: "expected inputs with as many examples each as there are labels, found \(list)")
    }
    self.init(columns: columns, labelColumn: labels.map { .tensor($0) }, classNames: nil)
  }
}
