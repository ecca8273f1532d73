import Formats
import Foundation
import Layers
import TestSupport
import Testing
import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct WeightMapTests {
  private func names(_ map: WeightMap, _ names: String...) -> [String] { names.map(map.fileName) }

  @Test func whatAMapConvertsItSavesBack() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      let net = Dense(4, 4)
      var map = WeightMap(replacing: [("weight", "kernel")])
      map.convert = { $0 == "weight" ? $1.transposed(0, 1).contiguous() : $1 }
      #expect(
        message { try net.save(to: path, map: map) }
          == "the weight map converts 'weight' on loading and has no 'revert', so it cannot save")
      map.revert = { $1 }
      #expect(message { try net.save(to: path, map: map) }.contains("does not undo its 'convert'"))
      map.revert = map.convert
      let before = net.weight.value.clone()
      try net.save(to: path, map: map)
      #expect(try SafetensorsFile(path: path).tensor("kernel").equals(before.transposed(0, 1)))
      net.weight.assign(Tensor.zeros([4, 4]))
      try net.load(from: path, map: map)
      #expect(net.weight.value.equals(before))
    }
  }

  @Test func packedTensorsAreCutAndJoined() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      let attention = MultiHeadAttention(4, headCount: 2)
      let packed: (String) -> String = { name in
        let parts = name.split(separator: ".")
        return parts[0] == "output" ? "out_proj.\(parts[1])" : "in_proj_\(parts[1])"
      }
      let blind = WeightMap(fileName: packed)
      #expect(
        message { try attention.save(to: path, map: blind) }
          .contains("cannot save 'query.weight', 'key.weight', 'value.weight' as 'in_proj_weight'"))
      let map = WeightMap(
        fileName: packed,
        part: { name in
          ["query", "key", "value"].firstIndex { name.hasPrefix($0) }.map { WeightPart($0, of: 3) }
        })
      let before = attention.checkpoint().copied()
      try attention.save(to: path, map: map)
      #expect(
        try SafetensorsFile(path: path).entries.map(\.name)
          == ["in_proj_bias", "in_proj_weight", "out_proj.bias", "out_proj.weight"])
      for parameter in attention.parameters { parameter.assign(.zeros(like: parameter.value)) }
      try attention.load(from: path, map: map)
      for (name, tensor) in attention.checkpoint().tensors {
        #expect(before.tensors[name]?.equals(tensor) == true, "\(name)")
      }
      let error = #expect(throws: CheckpointError.self) {
        try attention.load(from: path, map: blind)
      }
      #expect(error?.description.contains("both read from 'in_proj_weight'") == true)
      try SafetensorsWriter.write(
        [SafetensorsTensor(name: "in_proj_weight", Tensor.zeros([10, 4]))], to: path)
      let uneven = #expect(throws: CheckpointError.self) {
        try attention.load(from: path, map: map)
      }
      #expect(uneven?.description.contains("not made of 3 equal parts") == true)
    }
  }

  @Test func replacementsAreOfWholeSegmentsAndAllAtOnce() {
    let map = WeightMap(replacing: [("0.", "conv1."), ("1.", "bn1."), ("bn1", "x")])
    #expect(
      names(map, "0.weight", "1.weight", "11.weight", "10.0.bias")
        == ["conv1.weight", "bn1.weight", "11.weight", "10.conv1.bias"])
    let swap = WeightMap(replacing: [("a", "b"), ("b", "a"), ("a.b", "c")])
    #expect(names(swap, "a.x", "b.x", "a.b.x") == ["b.x", "a.x", "c.x"])
    let around = WeightMap(replacing: [("", "state_dict.module"), ("body", "")])
    #expect(names(around, "body.0.weight") == ["state_dict.module.0.weight"])
    let tolerant = WeightMap(
      replacing: [("weight", "kernel")], convert: { $1 }, revert: { $1 },
      mayIgnore: { $0 == "pooler" }, mayMiss: { $0 == "bias" })
    #expect(tolerant.mayIgnore("pooler") && tolerant.mayMiss("bias") && tolerant.convert != nil)
  }

  @Test func namesThatCollideAreAnError() throws {
    try withTemporaryFolder { folder in
      let model = Sequential(Dense(2, 2, bias: false), Dense(2, 2, bias: false))
      let map = WeightMap(replacing: [("0", "x"), ("1", "x")])
      #expect(
        message { try model.save(to: folder + "/a.safetensors", map: map) }
          .contains("'0.weight', '1.weight' as 'x.weight'"))
      #expect(
        message { try model.load(["x.weight": Tensor.ones([2, 2])], source: "memory", map: map) }
          .contains("'0.weight' and '1.weight' are both read from 'x.weight'"))
    }
  }

  // MARK: - PyTorch

  final class Model: Layer {
    let embedding = Embedding(11, 4)
    let convolution = Conv1d(4, 6, kernelSize: 3, padding: 1)
    let norm = BatchNorm(6)
    let lstm = LSTM(6, 5, layerCount: 2, isBidirectional: true)
    let gru = GRU(10, 4, isBidirectional: true)
    let attention = MultiHeadAttention(8, headCount: 2)
    let layerNorm = LayerNorm(8)
    let head = Sequential(Dense(8, 3), PReLU())

    override func forward(_ input: Tensor) -> Tensor {
      let x = norm(convolution(embedding(input).transposed(1, 2))).transposed(1, 2)
      let y = gru(lstm(x))
      return head(layerNorm(y + attention(y)))
    }
  }

  @Test func aModelOfPyTorchIsReadAndWritten() throws {
    let folder = try #require(Bundle.module.resourcePath) + "/Golden"
    let golden = try SafetensorsFile(path: folder + "/pytorch.safetensors")
    let map = WeightMap.pytorch.replacing([("layerNorm", "layer_norm")])
    let model = Model()
    try model.load(from: folder + "/pytorch.pt", map: map)
    let input = try golden.tensor("input")
    expectClose(
      withoutGradients { model.evaluate()(input) }, try golden.tensor("output"), 1e-5, "outputs")
    try withTemporaryFolder { temporary in
      let path = temporary + "/a.bin"
      try model.save(to: path, map: map)
      let saved = try SafetensorsFile(path: path)
      let wanted = golden.entries.map(\.name).filter {
        $0.hasPrefix("state/") && !$0.hasSuffix("num_batches_tracked")
      }
      #expect(saved.entries.map { "state/\($0.name)" }.sorted() == wanted.sorted())
      for entry in saved.entries {
        #expect(
          try saved.tensor(entry).equals(golden.tensor("state/\(entry.name)")), "\(entry.name)")
      }
      // Content and not the name decides what a file is.
      let other = Model()
      try other.load(from: path, map: map)
      #expect(other.evaluate()(input).equals(model(input)))
    }
    let strict = #expect(throws: CheckpointError.self) {
      try Model().load(from: folder + "/pytorch.pt")
    }
    #expect(strict?.unused.contains("norm.num_batches_tracked") == true)
  }

  @Test func aTiedOutputHasItsOwnNameInPyTorch() throws {
    final class Tied: Module {
      let encoder = Embedding(5, 3)
      let decoder: TiedProjection
      override init() {
        decoder = encoder.tiedProjection()
        super.init()
      }
    }
    let (model, table) = (Tied(), Tensor.normal([5, 3]))
    let tensors = [
      "encoder.weight": table, "decoder.weight": table, "decoder.bias": Tensor.ones([5]),
    ]
    try model.load(tensors, source: "memory", map: .pytorch)
    #expect(model.encoder.weight.value.equals(table))
  }
}
