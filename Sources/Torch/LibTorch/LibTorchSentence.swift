/// What libtorch says, in the words of this package: its sentences name functions and arguments of Python,
/// none of which exists here.
enum LibTorchSentence {
  /// Parts of sentences, and what the whole means here.
  private static let meanings: [(part: String, meaning: String)] = [
    (
      "of tensors does not require grad",
      "it depends on no tensor that requires gradients: call requiringGradient() on one before the "
        + "computation, and do not detach() or compute withoutGradients on the way"
    ),
    (
      "Trying to backward through the graph a second time",
      "the graph was freed by the gradients taken before; take those with retainGraph: true"
    ),
    (
      "grad can be implicitly created only for scalar outputs",
      "gradients of more than one element need an outputGradient; or take its sum() or mean()"
    ),
    (
      "of the input tensors does not require grad",
      "one of the tensors to differentiate by does not require gradients: call requiringGradient() on it "
        + "before the computation"
    ),
    (
      "a leaf Variable that requires grad is being used in an in-place operation",
      "a tensor that requires gradients cannot be changed in place while operations are recorded; do it "
        + "inside withoutGradients"
    ),
    (
      "a view of a leaf Variable that requires grad is being used in an in-place operation",
      "a part of a tensor that requires gradients cannot be changed in place while operations are "
        + "recorded; do it inside withoutGradients"
    ),
    (
      "one of the variables needed for gradient computation has been modified by an inplace operation",
      "a tensor that the gradients need was changed in place after it had been used; change a clone() of it"
    ),
    (
      "nly Tensors of floating point",
      "only floating-point tensors can require gradients; convert by to(.float32)"
    ),
    (
      "Inference tensors cannot be saved for backward",
      "a tensor made by withInferenceMode cannot take part in differentiation; use withoutGradients, or a "
        + "clone() of it"
    ),
    (
      "Inplace update to inference tensor outside InferenceMode",
      "a tensor made by withInferenceMode cannot be changed in place outside of it; change a clone() of it"
    ),
    ("index out of range in self", "a position lies outside the rows of the table"),
    (
      "PyTorch is not linked with support for cuda",
      "there is no such device: this libtorch has no CUDA; the device cpu works"
    ),
  ]

  /// Words that other sentences may hold.
  private static let words: [(python: String, own: String)] = [
    ("torch.no_grad()", "withoutGradients"), ("retain_graph=True", "retainGraph: true"),
    ("create_graph=True", "createGraph: true"), (".backward()", "gradients(of:)"),
    ("autograd.grad()", "gradients(of:)"), ("requires_grad", "requiresGradient"),
    ("grad_fn", "history"), ("torch.", ""),
  ]

  private static let types: [String: DType] = [
    "double": .float64, "float": .float32, "half": .float16, "bfloat16": .bfloat16, "long": .int64,
    "int": .int32, "short": .int16, "char": .int8, "byte": .uint8, "bool": .bool,
  ]

  /// A sentence without what only Python's users know.
  static func translated(_ sentence: String) -> String {
    if let known = meanings.first(where: { sentence.contains($0.part) }) {
      return known.meaning
    }
    if let match = sentence.firstMatch(of: /Target (-?\d+) is out of bounds/) {
      return "class \(match.1) is none of those that there are scores for"
    }
    if let match = sentence.firstMatch(of: /with arguments from the '(\w+)' backend/) {
      return "there is no such device for it: this libtorch lacks \(match.1); the device cpu works"
    }
    if let types = differingTypes(sentence) {
      return "the element types \(types.0) and \(types.1) do not go together; convert one by to(_:)"
    }
    return words.reduce(sentence) { $0.replacing($1.python, with: $1.own) }
  }

  /// The two types of a sentence about types that differ.
  private static func differingTypes(_ sentence: String) -> (DType, DType)? {
    let forms = [
      /same dtype,? but (?:got|found):? (?:mat1 dtype )?(\w+) and (\w+)/,
      /same dtype, but got: (\w+) != (\w+)/,
      /Input type \(?(?:torch\.)?(\w+)\)? and (?:weight|bias) type \(?(?:torch\.)?(\w+)\)? should be the same/,
      /expected scalar type (\w+) but found (\w+)/,
      /Found dtype (\w+) but expected (\w+)/,
    ]
    for form in forms {
      guard let match = sentence.firstMatch(of: form),
        let first = types[match.1.lowercased()], let second = types[match.2.lowercased()]
      else { continue }
      return (first, second)
    }
    return nil
  }
}
