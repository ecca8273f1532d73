import Formats
import Messages
import TestSupport
import Testing

@testable import ClassicalML

@Suite struct ReadingTests {
  private static let table = """
    age,job,since,note,same,empty,label
    31,clerk,2020-01-05,short and sweet one,1,,yes
    ,smith,2021-07-30,"a ""longer"" one, with comma",1,,no
    54,clerk,2020-02-29,the third text of all,1,,yes
    40,,2019-12-31,something else entirely,1,,no

    """

  private func withFile<Result>(
    _ text: String, _ name: String = "rows.csv", _ body: (String) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      try AtomicFile.write(text, to: folder + "/" + name)
      return try body(folder + "/" + name)
    }
  }

  @Test func kindsAreFoundOut() throws {
    try withFile(Self.table) { path in
      var notes: [String] = []
      let examples = try Examples(learning: path) { notes.append($0) }
      #expect(
        examples.schema.columns == [
          .init("age", .number), .init("job", .category(["clerk", "smith"])), .init("since", .date),
          .init("note", .text),
        ])
      #expect(examples.schema.classes == ["no", "yes"])
      #expect(examples.targets == .classes([1, 0, 1, 0], count: 2))
      #expect(notes.contains { $0.hasSuffix("'same': it is the same in every row") })
      #expect(notes.contains { $0.hasSuffix("'empty': it has no values") })
      guard case .numbers(let days) = examples.frame.columns[2] else { return #expect(Bool(false)) }
      #expect(days == [18266, 18838, 18321, 18261])
      #expect(CalendarDate.month(18321) == 2 && CalendarDate.weekday(18321) == 5)
    }
  }

  @Test func aStreamReadsWhatTheTableReads() throws {
    try withFile(Self.table) { path in
      let examples = try Examples(learning: path)
      let again = try Examples(path, schema: examples.schema)
      #expect(again.targets == examples.targets)
      for (a, b) in zip(again.frame.columns, examples.frame.columns) {
        switch (a, b) {
        case (.numbers(let a), .numbers(let b)):
          #expect(zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
        case (.categories(let a), .categories(let b)): #expect(a == b)
        case (.texts(let a), .texts(let b)): #expect(a == b)
        default: #expect(Bool(false))
        }
      }
    }
  }

  @Test func columnsMayComeInAnyOrderButNotMissing() throws {
    let schema = try withFile(Self.table) { try Examples(learning: $0).schema }
    try withFile("note,since,extra,job,age\nx,2020-01-01,9,smith,5\n") { path in
      let batch = try #require(try RecordStream(path, schema: schema).next())
      guard case .numbers(let ages) = batch.frame.columns[0],
        case .categories(let jobs) = batch.frame.columns[1]
      else { return #expect(Bool(false)) }
      #expect(ages == [5] && jobs == [1] && batch.labels == nil)
    }
    try withFile("age,note\n5,x\n") { path in
      let message = message { _ = try RecordStream(path, schema: schema).next() }
      #expect(message.contains("lacks 2 columns job, since of the 4 that the model was trained on"))
      #expect(!message.contains("\n"))
    }
    try withFile("age,job,since,note\nold,clerk,2020-01-01,x\n") { path in
      let message = message { _ = try RecordStream(path, schema: schema).next() }
      #expect(message.contains("line 2: 'age' is 'old'; the model was trained on numbers"))
    }
    try withFile("age,job,since,note\n1,clerk\n") { path in
      let message = message { _ = try RecordStream(path, schema: schema).next() }
      #expect(message.contains("line 2: 2 cells, 4 were expected"))
    }
  }

  @Test func filesWithoutNamesAreReadByPlace() throws {
    let schema = try withFile("1,a,x\n2,b,y\n3,a,x\n") { try Examples(learning: $0).schema }
    #expect(schema.columns.map(\.name) == ["column1", "column2"])
    // With the label and without it.
    for text in ["5,b,y\n", "5,b\n"] {
      try withFile(text) { path in
        let batch = try #require(try RecordStream(path, schema: schema).next())
        guard case .numbers(let values) = batch.frame.columns[0] else {
          return #expect(Bool(false))
        }
        #expect(values == [5])
      }
    }
  }

  @Test func jsonLinesAreReadByName() throws {
    let lines = "{\"text\": \"好\", \"label\": 1}\n{\"label\": 0, \"text\": \"不好\"}\n"
    try withFile(lines, "rows.jsonl") { path in
      var options = ReadingOptions()
      options.texts = ["text"]
      let examples = try Examples(learning: path, options)
      #expect(examples.schema.classes == ["0", "1"])
      let again = try Examples(path, schema: examples.schema)
      #expect(again.targets == .classes([1, 0], count: 2))
    }
  }

  @Test func libsvmRowsAreSparse() throws {
    try withFile("1 1:0.5 3:2\n# nothing\n-1 2:1e-1 # rest\n1\n", "rows.libsvm") { path in
      let examples = try Examples(learning: path)
      #expect(examples.schema.classes == ["-1", "1"])
      guard case .sparse(let matrix) = examples.frame.columns[0] else {
        return #expect(Bool(false))
      }
      #expect(matrix.starts == [0, 2, 3, 3] && matrix.columns == [0, 2, 1])
    }
    for (text, problem) in [
      ("1 3:1 2:1\n", "line 1: '2:1'"), ("1 0:1\n", "'0:1'"), ("1 2:x\n", "'2:x'"),
    ] {
      try withFile(text, "rows.libsvm") { path in
        #expect(message { _ = try Examples(learning: path) }.contains(problem))
      }
    }
  }

  @Test func nothingToLearnIsSaid() throws {
    for (text, problem) in [
      ("a,label\n1,x\n2,x\n", "every label in 'label' is 'x'; there is nothing to learn"),
      ("a,label\n1,x\n1,y\n", "no column besides the label 'label' varies"),
      ("label\nx\ny\n", "one column only"),
    ] {
      try withFile(text) { path in
        let message = message { _ = try Examples(learning: path) }
        #expect(message.contains(problem) && !message.contains("\n"))
      }
    }
    try withFile("a,b\n1,x\n2,y\n") { path in
      var options = ReadingOptions()
      options.label = "bb"
      #expect(message { _ = try Examples(learning: path, options) }.contains("did you mean 'b'?"))
    }
  }
}
