import Layers
import Torch

/// The blocks of a transformer one after the other, `(B, L, D)` to `(B, L, D)`.
public final class TransformerStack: Module {
  /// One for each layer; a single one if all layers share it.
  public let blocks: [TransformerBlock]
  /// T5's numbers `(classes, H)` for the distances of all layers.
  public let distanceBias: Embedding?
  /// The normalization of the last block's output.
  public let norm: TransformerNorm?

  private let configuration: TransformerConfiguration
  private let numLayers: Int
  private let isDecoder: Bool

  /// - Parameters:
  ///   - numLayers: The configuration's by default.
  ///   - readsEncoder: Whether blocks attend to an encoder's output.
  public init(
    _ configuration: TransformerConfiguration, numLayers: Int? = nil, readsEncoder: Bool = false,
    generator: RandomGenerator? = nil
  ) {
    self.configuration = configuration
    self.numLayers = numLayers ?? configuration.numLayers
    isDecoder = readsEncoder
    blocks = (0..<(configuration.sharesLayers ? 1 : self.numLayers)).map { _ in
      TransformerBlock(configuration, readsEncoder: readsEncoder, generator: generator)
    }
    if case .buckets(let count, _) = configuration.positions {
      distanceBias = Embedding(
        count, configuration.numHeads, weightInitializer: configuration.initializer,
        generator: generator)
    } else {
      distanceBias = nil
    }
    norm =
      configuration.normalizesOutput
      ? TransformerNorm(configuration.hiddenSize, configuration, generator: generator) : nil
    super.init()
  }

  /// - Parameter extendsCache: Whether keys and values are kept for later calls.
  func forward(
    _ input: Tensor, step: TransformerCache.Step, cache: inout TransformerCache,
    extendsCache: Bool, condition: Tensor? = nil, observer: ((Tensor) -> Void)? = nil
  ) -> Tensor {
    let dtype = input.dtype
    var state = TransformerBlock.State(
      hidden: input, condition: condition, adjustment: adjustment(step, dtype),
      extendsCache: extendsCache)
    if let encoded = cache.encoded {
      state.encoded = (
        encoded.states,
        ScoreAdjustment(added: encoded.mask.map { TransformerStack.additive($0, dtype) })
      )
    }
    if cache.layers.isEmpty {
      cache.layers = Array(repeating: nil, count: numLayers)
      cache.crossLayers = Array(repeating: nil, count: isDecoder ? numLayers : 0)
    }
    var none: TransformerCache.Layer?
    for index in 0..<numLayers {
      let block = blocks[blocks.count == 1 ? 0 : index]
      if isDecoder {
        block.forward(
          &state, cache: &cache.layers[index], crossCache: &cache.crossLayers[index])
      } else {
        block.forward(&state, cache: &cache.layers[index], crossCache: &none)
      }
      observer?(state.hidden)
    }
    return norm.map { $0(state.hidden, condition: condition) } ?? state.hidden
  }

  /// Mask and positions as what is done to scores, computed once for all layers.
  private func adjustment(_ step: TransformerCache.Step, _ dtype: DType) -> ScoreAdjustment {
    var adjustment = ScoreAdjustment(
      added: step.mask.map { TransformerStack.additive($0, dtype) }, isCausal: step.isCausal)
    switch configuration.positions {
    case .none, .absolute: break
    case .rotary:
      adjustment.rotary = RotaryPositions(
        step.positions, size: configuration.keySizePerHead, dtype: dtype)
    case .relative(let limit):
      adjustment.relative = RelativePositions.vectors(
        RelativePositions.distances(from: step.positions, to: step.keyPositions), limit: limit,
        size: configuration.keySizePerHead, dtype: dtype)
    case .buckets(let count, let limit):
      guard let distanceBias else { break }
      let distances = RelativePositions.distances(from: step.positions, to: step.keyPositions)
      let buckets = RelativePositions.buckets(
        distances, count: count, limit: limit, isCausal: isDecoder)
      let bias = distanceBias(buckets).permuted(0, 3, 1, 2)  // (B or 1, H, L, S)
      var mask = adjustment.added
      if step.isCausal {
        mask = TransformerStack.additive(
          Tensor.ones(
            [distances.size(1), distances.size(2)], dtype: .bool, device: distances.device
          ).lowerTriangle(), dtype)
        adjustment.isCausal = false
      }
      adjustment.added = mask.map { bias + $0 } ?? bias
    }
    let normalization = configuration.attentionNormalization
    if configuration.block == .gatedAttention || normalization == .softmaxPlus {
      adjustment.queryScale = SeenKeys.scale(step, dtype: dtype)
    }
    if normalization == .squaredReLU {
      adjustment.seenCount = SeenKeys.count(step, dtype: dtype)
    }
    return adjustment
  }

  /// 0 where `mask` is true, −∞ elsewhere: what the kernels would make of it in each layer.
  private static func additive(_ mask: Tensor, _ dtype: DType) -> Tensor {
    Tensor.zeros(mask.shape, dtype: dtype, device: mask.device)
      .maskedFill(mask.logicalNot(), -.infinity)
  }
}
