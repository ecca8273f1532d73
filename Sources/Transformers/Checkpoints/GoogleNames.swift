import Layers

/// The names of weights in Google's checkpoints.
extension FamilyRules {
  /// Hugging Face's name of a variable, and whether the matrix is to be transposed; `nil` for what the training
  /// left behind.
  ///
  /// `layer_3` is `layer.3`, `kernel` a transposed `weight`, `gamma` and `beta` are `weight` and `bias`, a table
  /// is a `weight`; what else differs the family says.
  func name(ofGoogle variable: String) -> (name: String, isTransposed: Bool)? {
    let leftovers = [
      "adam_m", "adam_v", "global_step", "good_steps", "loss_scale", "lamb_m", "lamb_v",
      "beta1_power", "beta2_power", "_CHECKPOINTABLE_OBJECT_GRAPH", "slot_vm", "slot_vr", "slot_vc",
      "slot_v",
    ]
    let last = variable.split(separator: "/").last ?? ""
    if leftovers.contains(where: { last == $0 || last.hasSuffix("_" + $0) }) { return nil }
    let dotted = variable.split(separator: "/").map { segment in
      for kind in ["layer_", "block_"] where segment.hasPrefix(kind) {
        if let index = Int(segment.dropFirst(kind.count)) { return "\(kind.dropLast()).\(index)" }
      }
      return String(segment)
    }.joined(separator: ".")
    var segments = WeightMap(replacing: googleNames).fileName(dotted).split(separator: ".")
      .map(String.init)
    let end = segments.count - 1
    switch segments.last {
    case "kernel":
      segments[end] = "weight"
      return (segments.joined(separator: "."), true)
    case "gamma", "scale": segments[end] = "weight"
    case "beta", "output_bias": segments[end] = "bias"
    // The one matrix that is (out, in) there, too.
    case "output_weights": segments[end] = "weight"
    case "word_embeddings", "token_type_embeddings", "position_embeddings":
      segments.append("weight")
    case "q", "k", "v", "o", "relative_attention_bias":
      return (segments.joined(separator: ".") + ".weight", true)
    default: break
    }
    return (segments.joined(separator: "."), false)
  }

  /// The variable of Google's checkpoint that holds one of BERT's tensors, by Hugging Face's name, and whether the
  /// matrix is to be transposed: what `name(ofGoogle:)` undoes. `nil` where the two differ in more than names.
  func googleVariable(_ name: String) -> (name: String, isTransposed: Bool)? {
    var parts = name.split(separator: ".").map(String.init)
    guard let last = parts.last, parts.count > 1 else { return nil }
    let end = parts.count - 1
    var isTransposed = false
    if name == "cls.predictions.bias" || name.hasPrefix("cls.seq_relationship.") {
      parts[end] = last == "weight" ? "output_weights" : "output_bias"
    } else if parts[end - 1].hasSuffix("embeddings") {
      parts.removeLast()
    } else if parts.contains("LayerNorm") {
      parts[end] = last == "weight" ? "gamma" : "beta"
    } else if last == "weight" {
      parts[end] = "kernel"
      isTransposed = true
    }
    let variable = parts.joined(separator: "/").replacing("/layer/", with: "/layer_")
    guard let back = self.name(ofGoogle: variable), back == (name, isTransposed) else { return nil }
    return (variable, isTransposed)
  }
}
