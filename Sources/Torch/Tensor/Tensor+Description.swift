import Foundation

extension Tensor: CustomStringConvertible {
  /// The elements in nested brackets as NumPy prints them, long axes cut in the middle, then shape
  /// and type.
  public var description: String {
    let kind = dtype
    if kind.isComplex { return "tensor(\(summary))" }
    let cut = count > 1000
    let host = detach().to(Device.cpu)
    let shown = cut ? host.edges(3) : host
    let texts = shown.elementTexts()
    let width = texts.map(\.count).max() ?? 0
    var position = 0
    let body = Tensor.brackets(
      shape: shape, axis: 0, cut: cut ? 3 : nil, texts: texts, width: width, position: &position)
    let place = device == .cpu ? "" : ", device=\(device)"
    return "tensor(\(body), shape=\(shape), dtype=\(kind)\(place))"
  }

  /// The first and last `count` positions of every axis longer than twice that.
  private func edges(_ count: Int) -> Tensor {
    var tensor = self
    for axis in 0..<rank where size(axis) > 2 * count {
      let length = size(axis)
      tensor = Tensor.concatenate(
        [
          tensor.narrowed(axis, start: 0, length: count),
          tensor.narrowed(axis, start: length - count, length: count),
        ], axis: axis)
    }
    return tensor
  }

  private func elementTexts() -> [String] {
    if dtype == .bool { return array(Bool.self).map { $0 ? "true" : "false" } }
    if !dtype.isFloatingPoint { return integers().map(String.init) }
    let values = doubles()
    let finite = values.filter(\.isFinite).map(Swift.abs)
    let largest = finite.max() ?? 0
    let smallest = finite.filter { $0 > 0 }.min() ?? 1
    if finite.allSatisfy({ $0 == $0.rounded() && $0 < 1e8 }) {
      return values.map { $0.isFinite ? String(format: "%.0f.", $0) : "\($0)" }
    }
    // As NumPy: exponents when the range is too wide for four decimals.
    let format = largest >= 1e6 || smallest < 1e-4 ? "%.4e" : "%.4f"
    return values.map { $0.isFinite ? String(format: format, $0) : "\($0)" }
  }

  private static func brackets(
    shape: [Int], axis: Int, cut: Int?, texts: [String], width: Int, position: inout Int
  ) -> String {
    guard axis < shape.count else {
      defer { position += 1 }
      let text = texts[position]
      return String(repeating: " ", count: width - text.count) + text
    }
    let length = shape[axis]
    let shortened = cut.map { length > 2 * $0 } ?? false
    let shown = shortened ? 2 * (cut ?? 0) : length
    var parts: [String] = []
    for index in 0..<shown {
      if shortened, index == cut { parts.append("...") }
      parts.append(
        brackets(
          shape: shape, axis: axis + 1, cut: cut, texts: texts, width: width, position: &position))
    }
    let isInnermost = axis == shape.count - 1
    let separator =
      isInnermost
      ? ", "
      : "," + String(repeating: "\n", count: shape.count - axis - 1)
        + String(repeating: " ", count: axis + 8)
    return "[" + parts.joined(separator: separator) + "]"
  }
}
