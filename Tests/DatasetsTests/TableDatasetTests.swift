import Datasets
import Formats
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct TableDatasetTests {
  private func table() throws -> Table {
    try Table(
      parsingCSV: """
        age,size,color,kind
        18,0.5,red,b
        65,,blue,a
        40,1.5,red,b
        """)
  }

  @Test func rowsBecomeVectors() throws {
    let table = try table()
    #expect(
      message { _ = try Dataset(table, label: "kind") }.hasPrefix(
        "'size' lacks 1 of 3 values, first in row 2"))
    let data = try Dataset(table, label: "kind", missing: .mean)
    #expect(data.inputs.dtype == .float32)
    // age, size, color blue, color red
    #expect(data.inputs.floats() == [18, 0.5, 0, 1, 65, 1, 1, 0, 40, 1.5, 0, 1])
    #expect(data.labels?.integers() == [1, 0, 1] && data.classNames == ["a", "b"])
    #expect(
      try Dataset(table, inputs: ["size"], missing: .value(9)).inputs.floats() == [0.5, 9, 1.5])
    #expect(
      message { _ = try Dataset(table, inputs: ["sise"]) }
        == "the table has no column 'sise'; it has age, size, color, kind")
  }

  @Test func columnsBecomeNamedInputs() throws {
    let data = try Dataset(columnsOf: try table(), inputs: ["age", "color"], label: "kind")
    let batch = try BatchLoader(data, .init(batchSize: 3, order: .sequential)).next()
    #expect(batch.inputs.names == ["age", "color"])
    #expect(batch.inputs["age"].dtype == .int64 && batch.inputs["age"].integers() == [18, 65, 40])
    #expect(batch.inputs["color"].integers() == [1, 0, 1])
    let part = data.subset([2, 0])
    #expect(part.count == 2 && part.labels?.integers() == [1, 1])
    let decimal = try Dataset(columnsOf: try table(), inputs: ["age"], label: "age")
    #expect(decimal.labels?.dtype == .int64)
  }
}
