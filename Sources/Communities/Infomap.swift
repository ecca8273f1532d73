import Parallel

/// How to search for modules.
public struct InfomapOptions: Sendable {
  public var flow = FlowOptions()
  /// Modules only, no modules of modules.
  public var isTwoLevel = false
  /// Independent searches; the best is kept.
  public var trials = 1
  public var seed: UInt64 = 123
  public var threads = 1

  public init() {}
}

public func benchTwoLevel(_ path: String, _ options: InfomapOptions) throws -> [Double] {
  let clock = ContinuousClock()
  var result: [Double] = []
  let t0 = clock.now
  let network = try NetworkReader.read(path: path, threads: options.threads)
  result.append((clock.now - t0) / .seconds(1))
  let flow = try FlowNetwork(network, options: options.flow)
  result.append((clock.now - t0) / .seconds(1))
  func go<W>(_ n: UnitNetwork<W>) throws {
    var best = Double.infinity
    for t in 0..<options.trials {
      var s = TwoLevelSearch(n, random: RandomStream(seed: options.seed, stream: UInt64(t)))
      let r = try s.run()
      best = min(best, r.length)
      if options.trials < 6 { result += [r.length, Double(r.assignment.moduleCount)] }
    }
    result.append(best)
    result.append(MapEquation.length(of: n, .single(n.count), parentExit: 0))
  }
  switch flow.units {
  case .single(let n): try go(n)
  case .double(let n): try go(n)
  }
  result.append((clock.now - t0) / .seconds(1))
  return result
}
