// swift-tools-version: 6.1
import PackageDescription

// Arrows point down only: a target lists exactly what it imports, and nothing here links libtorch,
// which `Torch` opens at run time (see docs/decisions.md).
let package = Package(
  name: "Danlu",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "danlu", targets: ["danlu"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .executableTarget(
      name: "danlu",
      dependencies: [
        "Formats", "Parallel", "WordVectors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Pure Swift, no libtorch.
    .target(name: "Formats", dependencies: ["CZlib"]),
    .target(name: "Parallel"),
    .target(name: "WordVectors", dependencies: ["CVectorKernels", "Formats", "Parallel"]),
    .target(name: "CVectorKernels", exclude: ["kernels_body.h"]),
    .systemLibrary(name: "CZlib"),

    .testTarget(name: "FormatsTests", dependencies: ["Formats"]),
    .testTarget(name: "ParallelTests", dependencies: ["Parallel"]),
    .testTarget(name: "WordVectorsTests", dependencies: ["WordVectors", "CVectorKernels", "Parallel"]),
  ],
  swiftLanguageModes: [.v6]
)
