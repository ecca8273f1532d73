import Datasets
import Formats
import Foundation
import TestSupport
import Testing
import Torch

@testable import Training

extension SerialTests {
  /// Against scikit-learn (Scripts/golden/metrics.py), in batches of uneven size.
  @Suite struct MetricsTests {
    struct Golden: Decodable {
      struct Classes: Decodable {
        let logits: [[Double]]
        let labels: [Int]
        let accuracy, top2, logLoss: Double?
        let confusion: [[Int]]?
        /// Precision, recall and F1 by kind of average.
        let scores: [String: [Double]]
      }
      struct Binary: Decodable {
        let scores: [Double]
        let labels: [Int]
        let binary: [Double]
        let rocAUC: Double
      }
      struct Regression: Decodable {
        let output, labels: [Double]
        let mae, rmse, r2: Double
      }
      let classes, sparse: Classes
      let binary: Binary
      let regression: Regression
    }

    let golden: Golden

    init() throws {
      let path = try #require(
        Bundle.module.url(forResource: "metrics", withExtension: "json", subdirectory: "Golden"))
      golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: path))
    }

    func value(_ metric: some Metric, _ output: Tensor, _ labels: Tensor) -> Double {
      filled(metric, output, labels).value
    }

    func filled<Value: Metric>(_ metric: Value, _ output: Tensor, _ labels: Tensor) -> Value {
      var metric = metric
      var start = 0
      for size in [1, 7, 19, 1000] {
        let end = min(output.size(0), start + size)
        if end > start { metric.update(output[start..<end], labels: labels[start..<end]) }
        start = end
      }
      return metric
    }

    @Test func classesAgreeWithScikitLearn() throws {
      for classes in [golden.classes, golden.sparse] {
        let (output, labels) = (Tensor(classes.logits), Tensor(classes.labels))
        for (name, expected) in classes.scores {
          let kind = try #require(ClassAverage(rawValue: name))
          expectClose(
            [
              value(PrecisionScore(kind), output, labels), value(RecallScore(kind), output, labels),
              value(F1Score(kind), output, labels),
            ], expected, 1e-12)
        }
      }
      let classes = golden.classes
      let (output, labels) = (Tensor(classes.logits), Tensor(classes.labels))
      #expect(filled(ConfusionMatrix(), output, labels).counts == classes.confusion)
      expectClose(
        [
          value(Accuracy(), output, labels), value(ConfusionMatrix(), output, labels),
          value(TopKAccuracy(2), output, labels), log(value(Perplexity(), output, labels)),
        ],
        [
          try #require(classes.accuracy), try #require(classes.accuracy),
          try #require(classes.top2), try #require(classes.logLoss),
        ], 1e-12)
    }

    @Test func twoClassesAgreeWithScikitLearn() {
      let binary = golden.binary
      let (scores, labels) = (Tensor(binary.scores), Tensor(binary.labels))
      let logits = Tensor(binary.scores.map { [-$0 / 2, $0 / 2] })
      for output in [scores, scores.reshaped(-1, 1), logits] {
        expectClose(
          [
            value(PrecisionScore(.binary), output, labels),
            value(RecallScore(.binary), output, labels), value(F1Score(.binary), output, labels),
            value(ROCAUC(), output, labels),
          ], binary.binary + [binary.rocAUC], 1e-12)
      }
    }

    @Test func regressionAgreesWithScikitLearn() {
      let golden = golden.regression
      let (output, labels) = (Tensor(golden.output), Tensor(golden.labels))
      for output in [output, output.reshaped(-1, 1)] {
        expectClose(
          [
            value(MeanAbsoluteError(), output, labels),
            value(RootMeanSquaredError(), output, labels),
            value(CoefficientOfDetermination(), output, labels),
          ], [golden.mae, golden.rmse, golden.r2], 1e-12)
      }
    }

    @Test func paddingDoesNotCount() {
      let output = Tensor([2.0, 1, 0, 1, 9, 0, 0, 3, 1, 0, 1, 0], shape: [2, 3, 2])
      let labels = Tensor([[0, 1, -100], [0, -100, -100]])
      #expect(abs(value(Accuracy(), output, labels) - 2.0 / 3) < 1e-12)
      #expect(value(TopKAccuracy(2), output, labels) == 1)
      #expect(filled(ConfusionMatrix(), output, labels).counts == [[1, 1], [0, 1]])
      let losses = [log(1 + exp(-1.0)), log(1 + exp(-1.0)), log(1 + exp(3.0))]
      #expect(
        abs(log(value(Perplexity(), output, labels)) - losses.reduce(0, +) / 3) < 1e-12)
    }
  }
}
