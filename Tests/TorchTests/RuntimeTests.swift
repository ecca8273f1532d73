import CTorch
import Foundation
import Messages
import TestSupport
import Testing

@testable import Torch

@Suite(.enabled(if: hasTorch, torchReason)) struct GeneratorTests {
  @Test func theSameSeedGivesTheSameNumbers() {
    let first = RandomGenerator(seed: 7)
    let second = RandomGenerator(seed: 7)
    let numbers = Tensor.normal([5], generator: first).doubles()
    #expect(Tensor.normal([5], generator: second).doubles() == numbers)
    #expect(Tensor.normal([5], generator: first).doubles() != numbers)
    first.seed(7)
    #expect(Tensor.normal([5], generator: first).doubles() == numbers)
  }

  @Test func aStateContinuesExactly() {
    let generator = RandomGenerator(seed: 3)
    _ = Tensor.uniform([3], generator: generator)
    let state = generator.state
    let expected = draws(generator)
    generator.state = state
    #expect(draws(generator) == expected)
    let other = RandomGenerator(seed: 99)
    other.state = state
    #expect(draws(other) == expected)
  }

  private func draws(_ generator: RandomGenerator) -> [[Double]] {
    let probabilities = Tensor([0.2, 0.5, 0.3])
    let filled = Tensor.zeros([4])
    filled.fillNormalInPlace(mean: 1, standardDeviation: 2, generator: generator)
    let uniform = Tensor.zeros([4])
    uniform.fillUniformInPlace(-1, 1, generator: generator)
    return [
      Tensor.normal([3], generator: generator), Tensor.uniform([3], generator: generator),
      Tensor.randomIntegers(0, 100, shape: [4], generator: generator),
      Tensor.permutation(6, generator: generator), probabilities.bernoulli(generator: generator),
      probabilities.multinomial(4, replacement: true, generator: generator), filled, uniform,
    ].map { $0.doubles() }
  }

  @Test func drawsLieInTheirRanges() {
    let generator = RandomGenerator(seed: 1)
    let uniform = Tensor.uniform([2000], generator: generator)
    #expect(uniform.min().item() >= 0 && uniform.max().item() < 1)
    #expect(abs(uniform.mean().item() - 0.5) < 0.03)
    let normal = Tensor.normal([2000], dtype: .float64, generator: generator)
    #expect(abs(normal.standardDeviation().item() - 1) < 0.06)
    let integers = Tensor.randomIntegers(-2, 3, shape: [2000], generator: generator)
    #expect(Set(integers.integers()) == [-2, -1, 0, 1, 2])
    #expect(Tensor.permutation(9, generator: generator).sorted().values.integers() == Array(0..<9))
    #expect(Tensor.normal(like: uniform, generator: generator).shape == [2000])
    #expect(Tensor.uniform(like: normal, generator: generator).dtype == .float64)
  }

  @Test func dropoutScalesWhatItKeeps() {
    let shared = RandomGenerator.shared()
    let state = shared.state
    let ones = Tensor.ones([1000])
    let dropped = ones.dropout(0.25)
    shared.state = state
    #expect(ones.dropout(0.25).equals(dropped))
    #expect(Set(dropped.floats()) == [0, Float(1 / 0.75)])
    #expect(ones.dropout(0.25, training: false).equals(ones))
  }
}

@Suite(.enabled(if: hasTorch, torchReason)) struct ModeTests {
  @Test func autocastChoosesTheTypeAndGivesItBack() {
    let a = Tensor.ones([4, 4])
    #expect(a.matmul(a).dtype == .float32)
    withAutocast(.bfloat16) {
      #expect(a.matmul(a).dtype == .bfloat16)
      #expect((a + a).dtype == .float32)
      withAutocast(.bfloat16, enabled: false) { #expect(a.matmul(a).dtype == .float32) }
      #expect(a.matmul(a).dtype == .bfloat16)
      withAutocast(.float16) { #expect(a.matmul(a).dtype == .float16) }
      #expect(a.matmul(a).dtype == .bfloat16)
    }
    #expect(a.matmul(a).dtype == .float32)
    struct Stop: Error {}
    #expect(throws: Stop.self) { try withAutocast(.bfloat16) { throw Stop() } }
    #expect(a.matmul(a).dtype == .float32)
  }

  @Test func autocastKeepsGradientsInTheWeightsType() {
    let w = Tensor.ones([2, 2]).requiringGradient()
    let loss = withAutocast(.bfloat16) { Tensor.ones([1, 2]).matmul(w).to(.float32).sum() }
    let gradient = gradients(of: loss, withRespectTo: [w])[0]
    #expect(gradient.dtype == .float32)
    #expect(gradient.floats() == [1, 1, 1, 1])
  }

  @Test func inferenceMakesTensorsThatCannotLearn() async {
    let x = Tensor([1.0]).requiringGradient()
    let y = withInferenceMode { x * 2 }
    #expect(!y.requiresGradient)
    #expect(areGradientsEnabled)
    #expect((x * 2).requiresGradient)
    await #expect(processExitsWith: .failure) {
      let x = Tensor([1.0]).requiringGradient()
      let y = withInferenceMode { x * 2 }
      _ = x * y
    }
  }

  /// A mode is a thread's; jobs that run on the same threads afterwards must not see it.
  @Test func modesDoNotLeakBetweenTasks() async {
    for _ in 0..<20 {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let x = Tensor([1.0]).requiringGradient()
            withoutGradients { #expect(!(x * 2).requiresGradient) }
            withInferenceMode { #expect(!(x * 2).requiresGradient) }
            withAutocast(.bfloat16) { #expect(areGradientsEnabled) }
          }
        }
      }
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            #expect(areGradientsEnabled)
            let x = Tensor([[1.0]], dtype: .float32).requiringGradient()
            #expect(x.matmul(x).requiresGradient)
            #expect(x.matmul(x).dtype == .float32)
          }
        }
      }
    }
  }

  @Test func deterministicAlgorithmsAreAskedFor() {
    // Memory that nothing has written to is then filled, with NaN, so that no run reads leftovers.
    func areLeftoversNaN() -> Bool {
      let fresh = Tensor.empty(like: .zeros([1000]))
      return (fresh .!= fresh).all().item() == 1
    }
    #expect(!areLeftoversNaN())
    setDeterministic(true)
    defer { setDeterministic(false) }
    #expect(areLeftoversNaN())
  }
}

@Suite(.enabled(if: hasTorch, torchReason)) struct MistakeTests {
  @Test func unknownOperatorsThrow() {
    let error = #expect(throws: TorchError.self) { try Operator(named: "aten::no_such_thing") }
    #expect(error?.message.contains("no_such_thing") == true)
    #expect(throws: TorchError.self) { try Operator(named: "aten::add", overload: "Nothing") }
  }

  @Test func callsThrowWithNameShapesAndTypes() throws {
    let add = try Operator(named: "aten::add", overload: "Tensor")
    let error = #expect(throws: TorchError.self) {
      try add.call([Tensor.ones([2, 3]), Tensor.ones([4], dtype: .float64)])
    }
    let message = try #require(error?.message)
    for part in ["aten::add.Tensor", "float32 [2, 3]", "float64 [4]"] {
      #expect(message.contains(part), "\(message)")
    }
    #expect(!message.contains("\n"))
    #expect(throws: TorchError.self) { try add.call([]) }
    #expect(throws: TorchError.self) { try add.call([1, 2]) }
    #expect(throws: TorchError.self) { try add.call([Tensor([1.0]), Tensor([1.0]), 1, 2, 3]) }
    #expect(throws: TorchError.self) { try add.call([nil, nil]) }
  }

  @Test func theBacktraceIsShownWhereItIsAskedFor() {
    let error = TorchError("one line", details: "frame 0\nframe 1")
    #expect(error.description(isVerbose: true) == "one line\nframe 0\nframe 1")
    #expect(error.description(isVerbose: false) == "one line")
  }

  @Test func matricesThatCannotBeFactoredThrow() throws {
    let negative = Tensor([[-1.0, 0], [0, 1]])
    let error = #expect(throws: TorchError.self) { try negative.cholesky() }
    #expect(error?.message.contains("cholesky") == true)
    #expect(throws: TorchError.self) {
      try Tensor([[1.0, 2], [2, 4]]).solve(Tensor([[1.0], [1]]))
    }
  }

  @Test func unfitMemoryThrows() throws {
    let bytes: [UInt8] = [0, 0, 0]
    bytes.withUnsafeBytes { bytes in
      #expect(throws: TorchError.self) {
        try Tensor(bytes: bytes, shape: [2], dtype: .float32)
      }
      #expect(throws: TorchError.self) {
        try Tensor.onMemory(bytes, shape: [2], dtype: .float32, owner: NSObject())
      }
    }
  }

  @Test func unknownDevicesThrow() throws {
    #expect(try Device(parsing: "cpu") == .cpu)
    for text in ["gpu", "cpu:x", "cuda:-1", "cuda:1:2", "cuda:99", ""] {
      #expect(throws: TorchError.self) { try Device(parsing: text) }
    }
  }

  @Test func mistakesEndTheProcessWithAMessage() async throws {
    let mistake = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([2, 3]) + Tensor.ones([4], dtype: .float64)
    }
    let text = String(decoding: mistake?.standardErrorContent ?? [], as: UTF8.self)
    for part in ["aten::add", "float32 [2, 3]", "float64 [4]"] {
      #expect(text.contains(part), "\(text)")
    }
    let list = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.concatenate([Tensor.ones([2, 3]), Tensor.ones([2])])
    }
    let listed = String(decoding: list?.standardErrorContent ?? [], as: UTF8.self)
    #expect(listed.contains("cat") && listed.contains("float32 [2, 3]"), "\(listed)")
    await #expect(processExitsWith: .failure) { _ = Tensor.ones([2]).item() }
    await #expect(processExitsWith: .failure) { _ = Tensor([1.0, 2], shape: [3]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.ones([2])[0, 0] }
    await #expect(processExitsWith: .failure) {
      _ = gradients(of: Tensor.ones([2]), withRespectTo: [Tensor.ones([2])])
    }
  }
}

/// What libtorch says of common mistakes, in this package's words.
@Suite(.enabled(if: hasTorch, torchReason), .serialized) struct LibTorchSentenceTests {
  static let mistakes: [(name: String, message: String, call: @Sendable () -> Void)] = [
    (
      "nothing recorded", "depends on no tensor that requires gradients",
      { _ = gradients(of: Tensor.ones([]), withRespectTo: [Tensor.ones([])]) }
    ),
    (
      "freed graph", "take those with retainGraph: true",
      {
        let x = Tensor.ones([2]).requiringGradient()
        let y = x.square().sum()
        for _ in 0..<2 { _ = gradients(of: y, withRespectTo: [x]) }
      }
    ),
    (
      "several elements", "need an outputGradient",
      {
        let x = Tensor.ones([2]).requiringGradient()
        _ = gradients(of: x * 2, withRespectTo: [x])
      }
    ),
    (
      "by a constant", "to differentiate by does not require gradients",
      {
        let x = Tensor.ones([]).requiringGradient()
        _ = gradients(of: x * 2, withRespectTo: [Tensor.ones([])])
      }
    ),
    (
      "leaf in place", "cannot be changed in place while operations are recorded",
      {
        Tensor.ones([2]).requiringGradient().addInPlace(Tensor.ones([2]))
      }
    ),
    (
      "part of a leaf in place", "cannot be changed in place while operations are recorded",
      {
        Tensor.ones([2]).requiringGradient()[0].fillInPlace(2)
      }
    ),
    (
      "changed after use", "changed in place after it had been used",
      {
        let x = Tensor.ones([2]).requiringGradient()
        let y = x.exp()
        let z = y.sum()
        y.multiplyInPlace(2)
        _ = gradients(of: z, withRespectTo: [x])
      }
    ),
    (
      "integers", "only floating-point tensors can require gradients",
      {
        Tensor([1, 2]).requiringGradient()
      }
    ),
    (
      "inference", "made by withInferenceMode cannot",
      {
        let x = withInferenceMode { Tensor.ones([2]) }
        _ = x * Tensor.ones([2]).requiringGradient()
      }
    ),
    (
      "types of a product", "the element types float64 and float32 do not go together",
      {
        _ = Tensor.ones([1, 2], dtype: .float64).linear(Tensor.ones([3, 2]))
      }
    ),
    (
      "types of a matrix product", "the element types float64 and float32 do not go together",
      {
        _ = Tensor.ones([1, 2], dtype: .float64).matmul(Tensor.ones([2, 3]))
      }
    ),
    (
      "types of a convolution", "the element types float64 and float32 do not go together",
      {
        _ = Tensor.ones([1, 1, 4], dtype: .float64).convolution(
          Tensor.ones([1, 1, 2]), bias: nil, stride: [1], padding: [0], dilation: [1], groups: 1)
      }
    ),
    (
      "position", "outside the rows of the table",
      {
        _ = Tensor.ones([3, 2]).embedding(Tensor([3]))
      }
    ),
    ("device", "there is no such device", { _ = Tensor.ones([2], device: Device(.mps)) }),
  ]

  @Test(arguments: mistakes.map(\.name)) func mistakesAreSaidInOwnWords(name: String) async throws {
    setenv("DANLU_MISTAKE", name, 1)
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let name = ProcessInfo.processInfo.environment["DANLU_MISTAKE"]
      LibTorchSentenceTests.mistakes.first { $0.name == name }?.call()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let mistake = try #require(Self.mistakes.first { $0.name == name })
    #expect(text.contains(mistake.message), "\(text)")
    // Gradients know the line that asked for them.
    if name == "nothing recorded" { #expect(text.contains("TorchTests/RuntimeTests.swift")) }
  }

  @Test func otherSentencesLoseTheWordsOfPython() {
    #expect(
      LibTorchSentence.translated("call torch.no_grad() or .backward() with retain_graph=True")
        == "call withoutGradients or gradients(of:) with retainGraph: true")
    #expect(
      LibTorchSentence.translated("Found dtype Long but expected Float")
        == "the element types int64 and float32 do not go together; convert one by to(_:)")
  }
}

/// Where set-up writes and the library reads.
@Suite struct CacheFolderTests {
  static let environments: [[String: String]] = [
    ["HOME": "/home/a"], ["HOME": ""], [:], ["HOME": "/home/a", "XDG_CACHE_HOME": "/caches"],
    ["HOME": "/home/a", "XDG_CACHE_HOME": "caches"], ["HOME": "/home/a", "XDG_CACHE_HOME": ""],
    ["HOME": "/home/a", "XDG_CACHE_HOME": "/caches", "DANLU_CACHE": "/own"],
    ["HOME": "/home/a b", "DANLU_CACHE": ""],
  ]

  @Test(arguments: environments) func setUpAndLibraryAgree(environment: [String: String]) throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Scripts/cache_folder").standardizedFileURL
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["-i", "PATH=/usr/bin:/bin"] + environment.map { "\($0)=\($1)" } + [script.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(output == CacheFolder.path(environment: environment) + "\n")
  }

  /// Without libtorch the first tensor ends the process with one line that says how to get it.
  @Test func withoutLibtorchTheFirstTensorSaysWhatToDo() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      for name in ["DANLU_TORCH", "VIRTUAL_ENV", "CONDA_PREFIX"] { unsetenv(name) }
      setenv("DANLU_CACHE", "/nowhere", 1)
      _ = Tensor.ones([2])
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("none is set up in /nowhere. 'swift package danlu-setup'"), "\(text)")
    #expect(text.contains("'make setup' in a clone of Danlu\n"), "\(text)")
    #expect(!text.contains("Fatal error"), "\(text)")
  }
}

@Suite(.enabled(if: hasTorch, torchReason)) struct RuntimeTests {
  @Test func threadsCanBeSet() {
    let earlier = threadCount
    defer { threadCount = earlier }
    for count in [1, 3] {
      threadCount = count
      #expect(threadCount == count)
    }
  }

  @Test func candidatesSayWhatWasOpened() {
    #expect(LibTorch.candidates.filter(\.isOpened).count == 1)
    #expect(LibTorch.version.first?.isNumber == true)
  }

  /// A shim that was compiled for another build of Danlu is refused with a line that says so.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/cc"), "no C compiler"))
  func anotherVersionOfTheTableIsRefused() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("danlu-shim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let missing = LibTorch.table(of: folder.path)
    #expect(message(of: missing)?.contains("cannot open") == true)
    try compile("int unrelated;", into: folder)
    #expect(message(of: LibTorch.table(of: folder.path))?.contains("is not Danlu's shim") == true)
    let other = folder.appendingPathComponent("other")
    try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
    let source = """
      #include "ctorch.h"
      static CTorchAPI table = {.abi_version = 999};
      const CTorchAPI *danlu_ctorch_api(void) { return &table; }
      """
    try compile(source, into: other)
    let text = try #require(message(of: LibTorch.table(of: other.path)))
    #expect(text.contains("999") && text.contains("\(CTORCH_ABI_VERSION)"), "\(text)")
  }

  private func message(of result: Result<CTorchAPI, TorchError>) -> String? {
    if case .failure(let error) = result { error.message } else { nil }
  }

  private func compile(_ source: String, into folder: URL) throws {
    let file = folder.appendingPathComponent("shim.c")
    try source.write(to: file, atomically: true, encoding: .utf8)
    let headers = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/CTorch/include")
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/cc")
    compiler.arguments = [
      "-shared", "-fPIC", "-I\(headers.path)", file.path, "-o",
      folder.appendingPathComponent("libctorch.\(LibTorch.suffix)").path,
    ]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0)
  }
}
