import Formats
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct ClassifyCommandTests {
  /// Rows whose class follows from both columns.
  private static let table =
    "size,color,label\n"
    + (0..<60).map { row in
      let color = ["red", "green", "blue"][row % 3]
      let size = row % 7 == 0 ? "" : "\(row % 10)"
      return "\(size),\(color),\(row % 3 == 0 || row % 10 > 6 ? "yes" : "no")\n"
    }.joined()

  private static let titles = (0..<40).map { row in
    ["体育\t球队赢得第\(row)场比赛", "财经\t股市第\(row)天大涨", "天气\t明天第\(row)次下雨"][row % 3] + "\n"
  }.joined()

  private func withFiles<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      try AtomicFile.write(Self.table, to: folder + "/table.csv")
      try AtomicFile.write(Self.titles, to: folder + "/titles.tsv")
      return try body(folder)
    }
  }

  @Test func tablesAreLearntPredictedJudgedAndExplained() throws {
    try withFiles { folder in
      let (table, model) = (folder + "/table.csv", folder + "/m.cml")
      let trained = try succeed(
        "classify", "train", table, "--model", "forest(trees=20)", "--out", model)
      #expect(trained.output.contains("forest(trees=20), 60 rows, 2 classes"))
      #expect(trained.errors.contains("columns: size (number), color (category of 3)"))
      let scores = try succeed("classify", "evaluate", table, "--model", model, "--json").json()
      #expect((scores["accuracy"]?.doubleValue ?? 0) > 0.9)
      // Another order, another column, no label.
      try AtomicFile.write("color,extra,size\nred,1,3\ngreen,2,2\n", to: folder + "/new.csv")
      #expect(
        try succeed("classify", "predict", folder + "/new.csv", "--model", model).output
          == "yes\nno\n")
      let likely = try succeed(
        "classify", "predict", folder + "/new.csv", "--model", model, "--probabilities")
      #expect(likely.rows[0] == ["label", "no", "yes"] && likely.rows.count == 3)
      let weights = try succeed("classify", "explain", "--model", model).rows
      #expect(Set(weights.map { $0[0] }) == ["color", "size"])
      let page = folder + "/report.html"
      try succeed(
        "classify", "evaluate", table, "--model", model, "--report", page, "--train", table)
      let html = String(decoding: try contents(page), as: UTF8.self)
      for part in ["Confusion", "ROC", "Calibration", "Learning curve", "Permutation importance"] {
        #expect(html.contains(part))
      }
    }
  }

  @Test func textsAreLearntAndExplained() throws {
    try withFiles { folder in
      let (titles, model) = (folder + "/titles.tsv", folder + "/m.cml")
      let trained = try succeed(
        "classify", "train", titles, "--label", "1", "--model", "svm", "--grid", "C=0.1,1",
        "--folds", "3", "--calibrate", "sigmoid", "--out", model)
      #expect(trained.output.contains("C=0.1\taccuracy") && trained.output.contains("3 classes"))
      try AtomicFile.write("下雨的一天\n球队\n", to: folder + "/new.tsv")
      #expect(
        try succeed("classify", "predict", folder + "/new.tsv", "--model", model).output
          == "天气\n体育\n")
      let weights = try succeed("classify", "explain", "--model", model, "--top", "3")
      #expect(weights.rows.count == 9 && weights.output.contains("财经\tcolumn2: "))
    }
  }

  @Test func theChainIsTrained() throws {
    try withFiles { folder in
      let out = folder + "/best.cml"
      let chain = try succeed(
        "classify", "auto", folder + "/table.csv", "--folds", "3", "--out", out, "--report",
        folder + "/chain.html")
      for model in [
        "mixed-bayes", "softmax", "bagging(tree)", "forest", "stacking(softmax, forest",
      ] {
        #expect(chain.output.contains(model))
      }
      #expect(chain.output.contains("best: "))
      try succeed("classify", "predict", folder + "/table.csv", "--model", out)
      #expect(FileManager.default.fileExists(atPath: folder + "/chain.html"))
    }
  }

  /// A square's corners, which no linear model tells apart, and a product, which none adds up to.
  @Test(.enabled(if: hasTorch, torchReason)) func aNetworkLearnsWhatLinesCannot() throws {
    try withTemporaryFolder { folder in
      var rows = "x,y,label,product\n"
      for place in 0..<400 {
        let (x, y) = (Double(place % 20) / 10 - 0.95, Double(place / 20) / 10 - 0.95)
        rows += "\(x),\(y),\(x * y > 0 ? "same" : "other"),\(x * y)\n"
      }
      let (table, model) = (folder + "/corners.csv", folder + "/m.cml")
      try AtomicFile.write(rows, to: table)
      for (name, accuracy) in [("svm", 0.0...0.7), ("network", 0.95...1)] {
        try succeed(
          "classify", "train", table, "--label", "label", "--ignore", "product", "--model", name,
          "--out", model)
        let scores = try succeed("classify", "evaluate", table, "--model", model, "--json").json()
        #expect(accuracy.contains(scores["accuracy"]?.doubleValue ?? -1), "\(name): \(scores)")
      }
      try succeed(
        "classify", "train", table, "--label", "product", "--ignore", "label", "--model",
        "network", "--out", model)
      let scores = try succeed("classify", "evaluate", table, "--model", model, "--json").json()
      #expect((scores["explained"]?.doubleValue ?? 0) > 0.9, "\(scores)")
    }
  }

  @Test func wordsAreCutByAHiddenMarkovModel() throws {
    try withFiles { folder in
      let lines = folder + "/words.txt"
      try AtomicFile.write("我们 爱 北京\n北京 很 大\n我们 在 北京\n", to: lines)
      let model = folder + "/words.hmm"
      try succeed("classify", "train", lines, "--model", "hmm", "--out", model)
      try AtomicFile.write("我们在北京\n\n", to: folder + "/new.txt")
      #expect(
        try succeed("classify", "predict", folder + "/new.txt", "--model", model).output
          == "我们 在 北京\n\n")
      let scores = try succeed("classify", "evaluate", lines, "--model", model, "--json").json()
      #expect(scores["f1"]?.doubleValue == 1)
    }
  }

  @Test func failuresAreOneLine() throws {
    try withFiles { folder in
      let (table, model) = (folder + "/table.csv", folder + "/m.cml")
      func fails(_ arguments: [String], _ reason: String, _ environment: [String: String] = [:])
        throws
      {
        var command = Command(["classify"] + arguments)
        command.environment = environment
        expectFailure(try command.run(), reason)
      }
      try fails(
        ["train", table, "--model", "boosting", "--out", model],
        "'pip install lightgbm' gets it", ["DANLU_LIGHTGBM": "/nowhere.so"])
      try fails(["train", table, "--label", "labels", "--out", model], "did you mean 'label'?")
      try AtomicFile.write("a,label\n1,x\n2,x\n", to: folder + "/one.csv")
      try fails(["train", folder + "/one.csv", "--out", model], "every label in 'label' is 'x'")
      try AtomicFile.write("a,label\n1,x\n1,y\n", to: folder + "/same.csv")
      try fails(["train", folder + "/same.csv", "--out", model], "no column besides the label")
      try AtomicFile.write("a,label\n1,x\n2,x\n3,x\n4,y\n", to: folder + "/rare.csv")
      try fails(
        ["train", folder + "/rare.csv", "--calibrate", "sigmoid", "--folds", "2", "--out", model],
        "the label 'y' occurs once")
      let once = try succeed("classify", "train", folder + "/rare.csv", "--out", model)
      #expect(once.errors.contains("a label occurs once only, y"))
      try succeed("classify", "train", table, "--out", model)
      try AtomicFile.write("size\n3\n", to: folder + "/less.csv")
      try fails(
        ["predict", folder + "/less.csv", "--model", model], "lacks the column color of the 2")
      let bytes = try contents(model)
      try AtomicFile.write(Array(bytes.dropLast(9)), to: model)
      try fails(["predict", table, "--model", model], "cut short?")
      try AtomicFile.write(Array(bytes[..<8]) + [9] + Array(bytes[9...]), to: model)
      try fails(["predict", table, "--model", model], "has version 9 of a model")
    }
  }
}
