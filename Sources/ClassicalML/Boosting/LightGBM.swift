import Foundation
import Messages
import Parallel

/// LightGBM's C library, opened when the first boosted trees are trained.
///
/// It is looked for in the file that `DANLU_LIGHTGBM` names, in the Python environment, and among the
/// system's libraries.
public final class LightGBM: Sendable {
  /// Gradient boosting of trees (Friedman 2001; Ke et al. 2017).
  public struct Options: Sendable, Equatable {
    public var rounds = 100
    public var learningRate = 0.1
    public var leafCount = 31
    public var leafRows = 20
    /// The shares of rows (drawn anew each round) and of columns that a tree sees.
    public var rowShare = 1.0
    public var columnShare = 1.0
    /// L2.
    public var penalty = 0.0
    public var threads = 1
    public var seed: UInt64 = 0

    public init() {}

    func parameters(objective: String, classCount: Int) -> String {
      var text =
        "objective=\(objective) learning_rate=\(learningRate) num_leaves=\(leafCount) "
        + "min_data_in_leaf=\(leafRows) lambda_l2=\(penalty) num_threads=\(threads) seed=\(seed) "
        + "deterministic=true force_row_wise=true verbosity=-1"
      if rowShare < 1 { text += " bagging_fraction=\(rowShare) bagging_freq=1" }
      if columnShare < 1 { text += " feature_fraction=\(columnShare)" }
      if objective == "multiclass" { text += " num_class=\(classCount)" }
      return text
    }
  }

  private typealias Handle = UnsafeMutableRawPointer
  private typealias CreateDataset =
    @convention(c) (
      UnsafeRawPointer, Int32, Int32, Int32, Int32, UnsafePointer<CChar>, Handle?,
      UnsafeMutablePointer<Handle?>
    ) -> Int32
  private typealias SetField =
    @convention(c) (
      Handle, UnsafePointer<CChar>, UnsafeRawPointer, Int32, Int32
    ) -> Int32
  private typealias Free = @convention(c) (Handle) -> Int32
  private typealias CreateBooster =
    @convention(c) (
      Handle, UnsafePointer<CChar>, UnsafeMutablePointer<Handle?>
    ) -> Int32
  private typealias Update = @convention(c) (Handle, UnsafeMutablePointer<Int32>) -> Int32
  private typealias Save =
    @convention(c) (
      Handle, Int32, Int32, Int32, Int64, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<CChar>
    ) -> Int32
  private typealias LastError = @convention(c) () -> UnsafePointer<CChar>?
  private typealias LogCallback = @convention(c) (UnsafePointer<CChar>?) -> Void
  private typealias RegisterLog = @convention(c) (LogCallback) -> Int32

  private let createDataset: CreateDataset
  private let setField: SetField
  private let freeDataset: Free
  private let createBooster: CreateBooster
  private let update: Update
  private let save: Save
  private let freeBooster: Free
  private let lastError: LastError
  /// Where it was found.
  public let path: String

  private static let shared = Result { try LightGBM() }

  /// The library. Throws `InputError`, with how to get it, where there is none.
  public static func open() throws -> LightGBM { try shared.get() }

  private init() throws {
    var found: (handle: UnsafeMutableRawPointer, path: String)?
    var reason = ""
    for path in Self.candidates {
      if let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) {
        found = (handle, path)
        break
      }
      if access(path, F_OK) == 0, let message = dlerror() {
        reason = ": " + String(cString: message)
      }
    }
    guard let (handle, path) = found else {
      throw InputError(
        "gradient boosting needs LightGBM, which was not found\(reason); 'pip install lightgbm' gets it, "
          + "or DANLU_LIGHTGBM names its lib_lightgbm.so")
    }
    func symbol<Function>(_ name: String, as type: Function.Type) throws -> Function {
      guard let address = dlsym(handle, name) else {
        throw InputError("\(path): has no function \(name); LightGBM 4 would work")
      }
      return unsafeBitCast(address, to: type)
    }
    self.path = path
    createDataset = try symbol("LGBM_DatasetCreateFromMat", as: CreateDataset.self)
    setField = try symbol("LGBM_DatasetSetField", as: SetField.self)
    freeDataset = try symbol("LGBM_DatasetFree", as: Free.self)
    createBooster = try symbol("LGBM_BoosterCreate", as: CreateBooster.self)
    update = try symbol("LGBM_BoosterUpdateOneIter", as: Update.self)
    save = try symbol("LGBM_BoosterSaveModelToString", as: Save.self)
    freeBooster = try symbol("LGBM_BoosterFree", as: Free.self)
    lastError = try symbol("LGBM_GetLastError", as: LastError.self)
    let register = try symbol("LGBM_RegisterLogCallback", as: RegisterLog.self)
    // Its errors come as status codes; what it would print stays unsaid.
    _ = register { _ in }
  }

  /// In the order in which they are tried.
  private static var candidates: [String] {
    let environment = ProcessInfo.processInfo.environment
    if let given = environment["DANLU_LIGHTGBM"], !given.isEmpty { return [given] }
    #if os(macOS)
      let name = "lib_lightgbm.dylib"
    #else
      let name = "lib_lightgbm.so"
    #endif
    var roots = [environment["VIRTUAL_ENV"], environment["CONDA_PREFIX"]].compactMap { $0 }
    let programs = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    roots += programs.filter { access($0 + "/python3", X_OK) == 0 }.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().path
    }
    roots.append(NSHomeDirectory() + "/.local")
    var paths: [String] = []
    for root in roots {
      for library in ["lib", "lib64", "local/lib"] {
        let folder = "\(root)/\(library)"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for version in versions.filter({ $0.hasPrefix("python3") }).sorted(by: >) {
          for packages in ["site-packages", "dist-packages"] {
            paths.append("\(folder)/\(version)/\(packages)/lightgbm/lib/\(name)")
          }
        }
      }
    }
    return paths.filter { access($0, F_OK) == 0 } + [name]
  }

  /// Trains; the same library with the same parameters from another language gives the same trees.
  public func fit(
    _ matrix: ColumnMatrix, _ targets: Targets, weights: [Double]? = nil, _ options: Options,
    work: Work = .silent
  ) throws -> BoostedTrees {
    let width = matrix.columns.count
    var data = [Double](repeating: 0, count: matrix.rowCount * width)
    for (index, column) in matrix.columns.enumerated() {
      for row in 0..<matrix.rowCount { data[row * width + index] = column.values[row] }
    }
    let labels: [Float]
    let objective: String
    var classCount = 1
    switch targets {
    case .classes(let classes, let count):
      labels = classes.map { Float($0) }
      objective = count == 2 ? "binary" : "multiclass"
      classCount = count
    case .numbers(let values):
      labels = values.map { Float($0) }
      objective = "regression"
    }
    var parameters = options.parameters(objective: objective, classCount: classCount)
    let categories = matrix.columns.indices.filter { matrix.columns[$0].categoryCount > 0 }
    if !categories.isEmpty {
      parameters += " categorical_feature=" + categories.map(String.init).joined(separator: ",")
    }
    var dataset: Handle?
    try check(
      createDataset(data, 1, Int32(matrix.rowCount), Int32(width), 1, parameters, nil, &dataset))
    guard let dataset else { throw InputError("LightGBM gave no data set") }
    defer { _ = freeDataset(dataset) }
    try check(setField(dataset, "label", labels, Int32(labels.count), 0))
    if let weights {
      let weights = weights.map { Float($0) }
      try check(setField(dataset, "weight", weights, Int32(weights.count), 0))
    }
    var booster: Handle?
    try check(createBooster(dataset, parameters, &booster))
    guard let booster else { throw InputError("LightGBM gave no booster") }
    defer { _ = freeBooster(booster) }
    try work.phase("boosting", of: options.rounds, unit: "rounds") { phase in
      for _ in 0..<options.rounds {
        var isFinished: Int32 = 0
        try check(update(booster, &isFinished))
        try phase.advance()
        if isFinished != 0 { break }
      }
    }
    var length: Int64 = 0
    var text = [CChar](repeating: 0, count: 1 << 20)
    try check(save(booster, 0, -1, 0, Int64(text.count), &length, &text))
    if length > text.count {
      text = [CChar](repeating: 0, count: Int(length))
      try check(save(booster, 0, -1, 0, length, &length, &text))
    }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return try BoostedTrees(text: String(decoding: bytes, as: UTF8.self))
  }

  private func check(_ status: Int32) throws {
    guard status != 0 else { return }
    let message = lastError().map { String(cString: $0) } ?? "unknown error"
    throw InputError("LightGBM: \(message.split(separator: "\n").first ?? "unknown error")")
  }
}
