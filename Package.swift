// swift-tools-version: 6.1
import PackageDescription

// Arrows point down only: a target lists exactly what it imports, and nothing here links libtorch,
// which `Torch` opens at run time (see docs/decisions.md).
let package = Package(
  name: "Danlu",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "danlu", targets: ["danlu"]),
    .library(name: "Torch", targets: ["Torch"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .executableTarget(
      name: "danlu",
      dependencies: [
        "Parallel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Layers and models.
    .target(name: "Layers", dependencies: ["Torch", "Formats"]),

    // Tensors, on libtorch.
    .target(name: "Torch", dependencies: ["CTorch"]),
    .target(name: "CTorch"),

    // Pure Swift, no libtorch.
    .target(name: "Formats", dependencies: ["CZlib"]),
    .target(name: "Parallel"),
    .systemLibrary(name: "CZlib"),

.testTarget(
      name: "FormatsTests", dependencies: ["Formats", "Parallel"], resources: [.copy("Golden")]),
    .testTarget(name: "LayersTests", dependencies: ["Layers"]),
    .testTarget(name: "TorchTests", dependencies: ["Torch"]),
    .testTarget(name: "ParallelTests", dependencies: ["Parallel"]),
  ],
  swiftLanguageModes: [.v6]
)
