// Sentences of different lengths by a recurrent network: padding, lengths, a model of one's own.
//     swift run -c release texts [SEED]
import Datasets
import Formats
import Layers
import Optimizers
import Torch
import Training

final class Reader: Module {
  let embedding: Embedding
  let gru = GRU(32, 64)
  let head = Dense(64, 2)

  init(_ vocabularySize: Int) {
    embedding = Embedding(vocabularySize, 32, paddingIndex: 0)
  }

  func callAsFunction(_ batch: Batch) -> Tensor {
    head(gru.run(embedding(batch.input), lengths: batch.lengths).state[0])
  }
}

/// Lines "label⇥words".
func read(_ path: String) throws -> (words: [[Substring]], labels: [Int]) {
  let table = try Table(csv: path, .init(hasHeader: false, names: ["label", "text"]))
  let texts = table["text"].texts ?? []
  return (texts.map { $0?.split(separator: " ") ?? [] }, table["label"].integers ?? [])
}

let seed = UInt64(CommandLine.arguments.dropFirst().first ?? "0") ?? 0
RandomGenerator.seedAll(seed)
let lines = try read("data/texts-train.tsv")
let numbers = Dictionary(uniqueKeysWithValues: zip(Set(lines.words.joined()).sorted(), 2...))

func dataset(_ lines: (words: [[Substring]], labels: [Int])) -> Dataset {
  Dataset(
    ["tokens": .sequences(Sequences(lines.words.map { $0.map { numbers[$0] ?? 1 } }))],
    labels: .tensor(Tensor(lines.labels)))
}

let model = Reader(numbers.count + 2)
let outcome = try Trainer(TrainingOptions(.epochs(6), validationInterval: .epochs(6))).fit(
  .classifier(
    model, optimizer: Optimizer(Adam(learningRate: 3e-3), for: model),
    loader: try BatchLoader(dataset(lines), .init(batchSize: 64, seed: seed)),
    validation: dataset(try read("data/texts-test.tsv"))
  ) { model($0) })
print("accuracy", outcome.validation["validation/accuracy"] ?? 0)
