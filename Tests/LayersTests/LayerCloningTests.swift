import Foundation
import Layers
import TestSupport
import Testing
import Torch

/// A clone of every layer has every setting, and after `copyWeights` the same outputs.
@Suite(.enabled(if: hasTorch, torchReason)) struct LayerCloningTests {
  /// Layers whose settings all differ from those of a layer made in the shortest way, and an input.
  struct Case {
    let layer: Layer
    let plain: Layer
    let input: Tensor
  }

  static func normal(_ shape: Int...) -> Tensor {
    .normal(shape, generator: RandomGenerator(seed: 1))
  }

  static func cases() -> [Case] {
    let weights = Initializer.normal(standardDeviation: 0.3)
    let biases = Initializer.constant(0.5)
    let sequence = normal(2, 2, 9)
    let image = normal(2, 2, 6, 6)
    let geometry = Convolution.Geometry(kernelSize: [2, 3], stride: [2, 1], padding: 1)
    var convolution = Convolution.Configuration(2, 4, geometry)
    var transposed = TransposedConvolution.Configuration(2, 4, geometry)
    (convolution.groups, convolution.hasBias) = (2, false)
    (convolution.weightInitializer, convolution.biasInitializer) = (weights, biases)
    (transposed.outputPadding, transposed.groups, transposed.hasBias) = (1, 2, false)
    (transposed.weightInitializer, transposed.biasInitializer) = (weights, biases)
    transposed.geometry.stride = [2, 2]
    let norm = BatchNorm(2, epsilon: 0.1, momentum: 0.3, affine: false, weightInitializer: weights)
    norm.updatesStatistics = false
    norm.usesBatchStatistics = false
    norm.momentum = 0.4
    let dropout = Dropout(0.3, sharedAxes: [1])
    dropout.rate = 0.6
    let spectral = SpectralNorm(
      Dense(9, 3), method: .warmStarted(iterations: 3), bound: .atMost(0.5),
      advancesEachPass: false)
    let embedding = Embedding(5, 3, paddingIndex: 1, weightInitializer: weights)
    let node = GraphNode.input("x")
    let other = Convolution.Geometry(kernelSize: [3, 3])
    return [
      Case(layer: Activation(.tanh), plain: Activation(.relu), input: image),
      Case(layer: PReLU(channels: 2, slope: 0.1), plain: PReLU(), input: image),
      Case(
        layer: Dense(9, 2, bias: false, weightInitializer: weights, biasInitializer: biases),
        plain: Dense(4, 3), input: sequence),
      Case(
        layer: Convolution(convolution), plain: Convolution(.init(3, 3, other)), input: image),
      Case(
        layer: Conv1d(
          2, 4, kernelSize: 3, stride: 2, padding: 3, dilation: 2, groups: 2, bias: false,
          weightInitializer: weights, biasInitializer: biases),
        plain: Conv1d(3, 3, kernelSize: 4), input: sequence),
      Case(
        layer: Conv2d(
          2, 4, kernelSize: 3, stride: 2, padding: .same, dilation: 2, groups: 2, bias: false,
          weightInitializer: weights, biasInitializer: biases),
        plain: Conv2d(3, 3, kernelSize: 4), input: image),
      Case(
        layer: TransposedConvolution(transposed),
        plain: TransposedConvolution(.init(3, 3, other)), input: image),
      Case(
        layer: ConvTranspose1d(
          2, 4, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2,
          bias: false, weightInitializer: weights, biasInitializer: biases),
        plain: ConvTranspose1d(3, 3, kernelSize: 4), input: sequence),
      Case(
        layer: ConvTranspose2d(
          2, 4, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2,
          bias: false, weightInitializer: weights, biasInitializer: biases),
        plain: ConvTranspose2d(3, 3, kernelSize: 4), input: image),
      Case(layer: ChannelsLast(), plain: ChannelsLast(), input: image),
      Case(layer: norm, plain: BatchNorm(4), input: image),
      Case(
        layer: LayerNorm(shape: [6, 6], epsilon: 0.1, affine: false), plain: LayerNorm(4),
        input: image),
      Case(layer: RMSNorm(6, epsilon: 0.1, affine: false), plain: RMSNorm(4), input: image),
      Case(
        layer: GroupNorm(groups: 2, channels: 2, epsilon: 0.1, affine: false),
        plain: GroupNorm(groups: 1, channels: 4), input: image),
      Case(
        layer: InstanceNorm(2, epsilon: 0.1, affine: false), plain: InstanceNorm(4), input: image),
      Case(layer: dropout, plain: Dropout(0.5), input: image),
      Case(
        layer: GaussianDropout(0.3, sharedAxes: [1]), plain: GaussianDropout(0.5), input: image),
      Case(layer: embedding, plain: Embedding(4, 2), input: Tensor([1, 3, 4])),
      Case(
        layer: TiedProjection(embedding, biasInitializer: biases),
        plain: TiedProjection(Embedding(4, 2)), input: normal(2, 3)),
      Case(layer: MaxPool1d(3, stride: 1, padding: 1), plain: MaxPool1d(2), input: sequence),
      Case(layer: MaxPool2d(3, stride: 1, padding: 1), plain: MaxPool2d(2), input: image),
      Case(
        layer: AveragePool1d(3, stride: 1, padding: 1), plain: AveragePool1d(2), input: sequence),
      Case(layer: AveragePool2d(3, stride: 1, padding: 1), plain: AveragePool2d(2), input: image),
      Case(layer: GlobalAveragePool(), plain: GlobalAveragePool(), input: image),
      Case(layer: GlobalMaxPool(), plain: GlobalMaxPool(), input: image),
      Case(layer: Upsample2d(3, .bilinear), plain: Upsample2d(2), input: image),
      Case(layer: Flatten(from: 2), plain: Flatten(), input: image),
      Case(layer: Reshape(3, -1), plain: Reshape(2, 2), input: image),
      Case(layer: Permute(2, 3, 1), plain: Permute(2, 1), input: image),
      Case(layer: Lambda("twice") { $0 * 2.0 }, plain: Lambda { $0 }, input: image),
      Case(
        layer: LSTM(
          9, 3, layerCount: 2, isBidirectional: true, bias: false, dropout: 0.4,
          inputInitializer: weights, hiddenInitializer: weights),
        plain: LSTM(2, 2), input: sequence),
      Case(
        layer: GRU(
          9, 3, layerCount: 2, isBidirectional: true, bias: false, dropout: 0.4,
          inputInitializer: weights, hiddenInitializer: weights),
        plain: GRU(2, 2), input: sequence),
      Case(
        layer: MultiHeadAttention(
          9, headCount: 3, headSize: 2, dropout: 0.4, scale: 0.7, bias: false,
          initializer: weights),
        plain: MultiHeadAttention(4, headCount: 1), input: sequence),
      Case(layer: spectral, plain: SpectralNorm(Dense(3, 2)), input: sequence),
      Case(
        layer: Sequential {
          Dense(9, 4).named("first")
          Dropout(0.2)
        }, plain: Sequential(Dense(2, 2)), input: sequence),
      Case(
        layer: LayerGraph(inputs: [node], outputs: [Dense(9, 4)(node, named: "dense")]),
        plain: Dense(2, 2), input: sequence),
    ]
  }

  /// A setting, as text, by name.
  static func settings(_ layer: Layer) -> [String: String] {
    if let norm = layer as? SpectralNorm {
      return [
        "method": "\(norm.method)", "bound": "\(norm.bound)",
        "updatesStatistics": "\(norm.updatesStatistics)",
      ]
    }
    guard let configured = layer as? any Configured else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: Mirror(reflecting: configured.configuration).children.map {
        ($0.label ?? "", "\($0.value)")
      })
  }

  @Test func everySettingAndOutputCarriesOver() {
    for (layer, plain, input) in Self.cases().map({ ($0.layer, $0.plain, $0.input) }) {
      let name = "\(type(of: layer))"
      let settings = Self.settings(layer)
      for (setting, value) in Self.settings(plain) {
        #expect(settings[setting] != value, "\(name): \(setting) is at its default")
      }
      let clone = layer.clone()
      #expect(type(of: clone) == type(of: layer))
      #expect(Self.settings(clone) == settings, "\(name)")
      #expect(
        clone.namedParameters().map(\.name) == layer.namedParameters().map(\.name), "\(name)")
      #expect(
        Set(clone.parameters.map(ObjectIdentifier.init)).isDisjoint(
          with: layer.parameters.map(ObjectIdentifier.init)))
      clone.copyWeights(from: layer)
      let outputs = [layer, clone].map { layer in
        RandomGenerator.seedAll(3)
        return withoutGradients { layer(input) }
      }
      #expect(outputs[0].equals(outputs[1]), "\(name) and its clone give different outputs")
    }
  }

  @Test func everyLayerOfTheModuleIsAmongTheCases() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Layers").standardizedFileURL
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var superclasses: [String: String] = [:]
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /(?m)^\s*[a-z ]*class (\w+): (\w+)/) {
        superclasses[String(match.1)] = String(match.2)
      }
    }
    func isLayer(_ name: String) -> Bool {
      superclasses[name].map { $0 == "Layer" || isLayer($0) } ?? false
    }
    let bases: Set = ["PlainLayer", "WindowPool", "Recurrent"]
    let layers = Set(superclasses.keys.filter(isLayer)).subtracting(bases)
    #expect(layers.count > 30)
    #expect(layers == Set(Self.cases().map { "\(type(of: $0.layer))" }))
  }

  @Test func aCloneDrawsFromTheSameGenerator() {
    let random = RandomGenerator(seed: 4)
    #expect(Dropout(0.5, generator: random).clone().generator === random)
    let other = RandomGenerator(seed: 5)
    #expect(Dropout(0.5, generator: random).clone(generator: other).generator === other)
  }

  @Test func centerLossKeepsItsInitializer() {
    let loss = CenterLoss(classes: 3, featureSize: 2, initializer: .ones)
    #expect(loss.clone().centers.value.equals(loss.centers.value))
    #expect(loss.clone().initializer.name == Initializer.ones.name)
  }

  @Test func layersSayWhetherTheyMixSamplesAndDrawNumbers() {
    final class Mine: Layer {}
    #expect(Mine().mixesSamples && !Mine().drawsRandomNumbers)
    #expect(BatchNorm(2).mixesSamples)
    #expect(!(BatchNorm(2).evaluate()).mixesSamples)
    #expect(!Dense(2, 2).mixesSamples && !Sequential(Dense(2, 2)).mixesSamples)
    #expect(Dropout(0.5).drawsRandomNumbers && !Dropout(0.5).evaluate().drawsRandomNumbers)
    #expect(Dropout(0.5, sharedAxes: [0]).drawsRandomNumbers)
    #expect(!Dropout(0).drawsRandomNumbers && !Dropout(1).drawsRandomNumbers)
    // A mask shared by the batch is another one in each pass all the same.
    #expect(LSTM(2, 2, layerCount: 2, dropout: 0.1).drawsRandomNumbers)
  }
}
