import Formats
import Foundation
import Layers
import TestSupport
import Testing
import Torch

/// One case of `Golden/layers.safetensors`: what goes in, what came out of PyTorch, and the gradients of
/// Σ outputs · weights. `Scripts/golden/layers.py` makes the file.
struct GoldenCase {
  let name: String

  init(_ name: String) { self.name = name }

  static func file() throws -> SafetensorsFile {
    let folder = try #require(Bundle.module.resourcePath)
    return try SafetensorsFile(path: folder + "/Golden/layers.safetensors")
  }

  static func tensor(_ name: String) throws -> Tensor { try file().tensor(name) }

  /// Runs `body` on the inputs with the module's parameters set to the case's, and holds outputs,
  /// gradients of inputs and parameters, and states afterwards against PyTorch's.
  func check(
    _ module: Module = Module(), tolerance: Double = 1e-10,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: ([Tensor]) -> [Tensor]
  ) throws {
    let file = try GoldenCase.file()
    let entries = file.entries.map(\.name).filter { $0.hasPrefix(name + "/") }
    try #require(!entries.isEmpty, "no case '\(name)'", sourceLocation: sourceLocation)
    func list(_ kind: String) throws -> [Tensor] {
      var tensors: [Tensor] = []
      while file["\(name)/\(kind).\(tensors.count)"] != nil {
        tensors.append(try file.tensor("\(name)/\(kind).\(tensors.count)"))
      }
      return tensors
    }
    module.move(dtype: .float64)
    let parameters = Dictionary(
      uniqueKeysWithValues: module.namedParameters().map { ($0.name, $0.parameter) })
    for entry in entries where entry.hasPrefix(name + "/parameter.") {
      let key = String(entry.dropFirst("\(name)/parameter.".count))
      let parameter = try #require(parameters[key], "no parameter '\(key)'")
      parameter.assign(try file.tensor(entry))
    }
    let inputs = try list("input").map { $0.dtype == .float64 ? $0.requiringGradient() : $0 }
    let outputs = body(inputs)
    let expected = try list("output")
    #expect(outputs.count == expected.count, sourceLocation: sourceLocation)
    for (index, (output, expected)) in zip(outputs, expected).enumerated() {
      expectClose(output, expected, tolerance, "output \(index)", sourceLocation)
    }
    var wanted: [(String, Tensor)] = []
    for entry in entries where entry.hasPrefix(name + "/gradient.") {
      let key = entry.dropFirst("\(name)/gradient.".count)
      if key.hasPrefix("input."), let index = Int(key.dropFirst(6)) {
        wanted.append((entry, inputs[index]))
      } else {
        wanted.append((entry, try #require(parameters[String(key.dropFirst(10))]).value))
      }
    }
    try #require(!wanted.isEmpty, sourceLocation: sourceLocation)
    let gradients = gradients(
      of: outputs, withRespectTo: wanted.map(\.1), outputGradients: try list("weight"))
    for ((entry, _), gradient) in zip(wanted, gradients) {
      expectClose(gradient, try file.tensor(entry), tolerance, entry, sourceLocation)
    }
    for entry in entries where entry.hasPrefix(name + "/after.") {
      let parameter = try #require(parameters[String(entry.dropFirst("\(name)/after.".count))])
      expectClose(parameter.value, try file.tensor(entry), tolerance, entry, sourceLocation)
    }
  }

  func check(
    _ layer: Layer, tolerance: Double = 1e-10, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try check(layer, tolerance: tolerance, sourceLocation: sourceLocation) { [layer($0[0])] }
  }
}

/// Expects the gradient of `body` at `inputs` to agree with central differences.
func expectGradient(
  at inputs: [Tensor], step: Double = 1e-5, tolerance: Double = 1e-7,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () -> Tensor
) {
  let (_, analytic) = valueAndGradients(withRespectTo: inputs, body)
  for (input, gradient) in zip(inputs, analytic) {
    let flat = input.detach().flattened()
    let numeric = (0..<flat.count).map { index in
      let element = flat[index]
      let value = element.item()
      element.fillInPlace(value + step)
      let above = withoutGradients(body).item()
      element.fillInPlace(value - step)
      let below = withoutGradients(body).item()
      element.fillInPlace(value)
      return (above - below) / (2 * step)
    }
    expectClose(
      gradient, Tensor(numeric, shape: input.shape), tolerance, "gradient", sourceLocation)
  }
}
