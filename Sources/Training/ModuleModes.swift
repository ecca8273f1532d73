import Layers

/// Which modules of some models train and which evaluate, to put it back as it was.
struct ModuleModes {
  private let roots: [Module]
  private let modes: [(module: Module, isTraining: Bool)]

  init(_ roots: [Module]) {
    self.roots = roots
    // Outer modules come before inner ones, so that the inner one's own mode is set last.
    modes = roots.flatMap { $0.namedModules().map { ($0.module, $0.module.isTraining) } }
  }

  func restore() {
    for (module, isTraining) in modes { module.train(isTraining) }
  }

  /// Puts the modes back if something has left a model in another than it had.
  func keep() {
    if roots.contains(where: { !$0.isTraining }) { restore() }
  }
}
