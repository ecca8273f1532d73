import Formats
import Messages
import WordVectors

/// Words near to each other, by the file of vectors that the site was started with.
enum VectorEndpoints {
  static func all(_ vectors: VectorTable?, _ pool: WorkPool) -> [Endpoint] {
    let neighbors = vectors.map { ExactNeighbors($0) }
    return [
      .json(
        .post, "/api/v1/similar", tag: "text", "The words nearest to a word, by cosine.",
        takes: .object([
          .init("word", .text(100), "The word."),
          .init("count", .integer(1...200), "How many.", fallback: 10),
        ]),
        answers: .object([
          .init(
            "neighbors",
            .list(
              .object([
                .init("word", .text, "A word."), .init("similarity", .number, "The cosine."),
              ])), "The nearest first.")
        ]), problems: [404], example: ["word": "天空"]
      ) { input, request in
        guard let vectors, let neighbors else {
          throw Problem.notFound("the site was started without a file of vectors")
        }
        let word = input.text("word")
        guard let row = vectors.row(of: word) else {
          throw Problem.notFound("the vectors have no word '\(word)'")
        }
        let count = input.integer("count")
        let found = try await pool.run(for: request) { work in
          try neighbors.nearestToRows([row], count: count, threads: 1, work: work)
        }
        let words = (found.first ?? []).map { neighbor -> JSONValue in
          [
            "word": .string(vectors.words[neighbor.row]),
            "similarity": .number(Double(neighbor.similarity)),
          ]
        }
        return ["neighbors": .array(words)]
      }
    ]
  }
}
