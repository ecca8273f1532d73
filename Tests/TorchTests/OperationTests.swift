import Foundation
import TestSupport
import Testing

@testable import Torch

/// Every tensor method against results and gradients that Scripts/golden/torch_operations.py recorded
/// from PyTorch in float64.
@Suite(.enabled(if: hasTorch, torchReason)) struct OperationTests {
  struct Entry: Decodable {
    let shape: [Int]
    let dtype: String
    let values: [Double]

    var tensor: Tensor {
      let dtype = DType.allCases.first { $0.description == self.dtype } ?? .float64
      let tensor = Tensor(values, shape: shape).to(dtype)
      if dtype == .float64 { tensor.requiresGradient = true }
      return tensor
    }
  }

  struct Golden: Decodable {
    let inputs: [Entry]
    let outputs: [Entry]
    let gradients: [Entry]?

    static func load() throws -> [String: Golden] {
      let file = try #require(
        Bundle.module.url(forResource: "operations", withExtension: "json", subdirectory: "Golden"))
      return try JSONDecoder().decode([String: Golden].self, from: Data(contentsOf: file))
    }
  }

  @Test func everyGoldenCaseIsChecked() throws {
    let names = Set(try Golden.load().keys)
    let operations = Set(Operations.all.keys)
    #expect(names.subtracting(operations) == [])
    #expect(operations.subtracting(names) == [])
  }

  @Test func operationsAgreeWithPyTorch() throws {
    for (name, golden) in try Golden.load().sorted(by: { $0.key < $1.key }) {
      guard let operation = Operations.all[name] else { continue }
      let inputs = golden.inputs.map(\.tensor)
      let outputs = try operation(inputs)
      try #require(outputs.count == golden.outputs.count, "\(name)")
      for (output, expected) in zip(outputs, golden.outputs) {
        #expect(output.shape == expected.shape, "\(name)")
        #expect(output.dtype.description == expected.dtype, "\(name)")
        expectClose(output.doubles(), expected.values, name)
      }
      guard let gradients = golden.gradients else { continue }
      var count = 0
      var total = Tensor(0.0)
      for output in outputs where output.requiresGradient {
        let indices = Tensor.range(Double(count), Double(count + output.count), dtype: .float64)
        total = total + (output.to(.float64).reshaped(-1) * indices.cos()).sum()
        count += output.count
      }
      let sources = inputs.filter { $0.dtype == .float64 }
      let found = Torch.gradients(of: total, withRespectTo: sources)
      for (found, expected) in zip(found, gradients) {
        expectClose(found.doubles(), expected.values, "gradient of \(name)")
      }
    }
  }

  private func expectClose(_ found: [Double], _ expected: [Double], _ name: String) {
    let differences = zip(found, expected).filter { pair in
      pair.0 != pair.1 && !(abs(pair.0 - pair.1) <= 1e-11 + 1e-11 * abs(pair.1))
    }
    #expect(found.count == expected.count, "\(name)")
    #expect(differences.isEmpty, "\(name): \(differences.prefix(3))")
  }
}
