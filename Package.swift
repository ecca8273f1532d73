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
        "Communities",
        "Parallel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Pure Swift, no libtorch.
    .target(name: "Communities", dependencies: ["Formats", "Parallel"]),
    .target(name: "Formats", dependencies: ["CZlib"]),
    .target(name: "Parallel"),
    .systemLibrary(name: "CZlib"),

    .testTarget(name: "CommunitiesTests", dependencies: ["Communities"]),
    .testTarget(name: "FormatsTests", dependencies: ["Formats"]),
    .testTarget(name: "ParallelTests", dependencies: ["Parallel"]),
  ],
  swiftLanguageModes: [.v6]
)
