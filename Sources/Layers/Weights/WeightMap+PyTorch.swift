import Torch

// The names of weights in PyTorch, as far as they differ from those here. `Dense`, convolutions and their
// transposes, `Embedding`, `LayerNorm`, `GroupNorm`, `RMSNorm` and `PReLU` have the same; `SpectralNorm`
// keeps its own names.

extension WeightMap {
  /// The names that `torch.nn`'s modules have in `state_dict()`, for `load` and `save`.
  ///
  /// Batch norm's running statistics (its count of batches is not needed), LSTM and GRU of any number of
  /// layers and directions, attention's packed projection, an output tied to an embedding. The names of
  /// modules stay the model's; where they differ there is `replacing`:
  ///
  ///     try model.load(from: "resnet.pt", map: .pytorch.replacing([("body", "layer1")]))
  public static var pytorch: WeightMap {
    var map = WeightMap(mayIgnore: {
      $0 == "num_batches_tracked" || $0.hasSuffix(".num_batches_tracked")
    })
    map.isPyTorch = true
    return map
  }
}

/// A module whose weights have other names in PyTorch.
protocol PyTorchNamed: Module {
  /// The place there of a weight that is called `name` here, both seen from the module.
  func pyTorchPlace(of name: String) -> WeightPlace
}

extension BatchNorm: PyTorchNamed {
  func pyTorchPlace(of name: String) -> WeightPlace {
    switch name {
    case "runningMean": WeightPlace(name: "running_mean")
    case "runningVariance": WeightPlace(name: "running_var")
    default: WeightPlace(name: name)
    }
  }
}

extension Recurrent: PyTorchNamed {
  /// `layers.1.backwards.inputWeight` is `weight_ih_l1_reverse`.
  func pyTorchPlace(of name: String) -> WeightPlace {
    let kinds = [
      "inputWeight": "weight_ih", "hiddenWeight": "weight_hh", "inputBias": "bias_ih",
      "hiddenBias": "bias_hh",
    ]
    let segments = name.split(separator: ".").map(String.init)
    guard segments.count == 4, let kind = kinds[segments[3]] else { return WeightPlace(name: name) }
    return WeightPlace(
      name: "\(kind)_l\(segments[1])" + (segments[2] == "backwards" ? "_reverse" : ""))
  }
}

extension MultiHeadAttention: PyTorchNamed {
  /// Queries, keys and values are projected by one matrix there.
  func pyTorchPlace(of name: String) -> WeightPlace {
    let segments = name.split(separator: ".").map(String.init)
    guard segments.count == 2 else { return WeightPlace(name: name) }
    guard let index = ["query", "key", "value"].firstIndex(of: segments[0]) else {
      return WeightPlace(name: "out_proj.\(segments[1])")
    }
    return WeightPlace(name: "in_proj_\(segments[1])", part: WeightPart(index, of: 3))
  }
}

extension TiedProjection: PyTorchNamed {
  func pyTorchPlace(of name: String) -> WeightPlace {
    WeightPlace(name: name == "embedding.weight" ? "weight" : name)
  }
}
