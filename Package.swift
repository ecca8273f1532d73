// swift-tools-version: 6.1
import PackageDescription

// Arrows point down only: a target lists exactly what it imports, and nothing here links libtorch,
// which `Torch` opens at run time (see docs/decisions.md).
let package = Package(
  name: "Danlu",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "danlu", targets: ["danlu"]),
    .library(name: "Recipes", targets: ["Recipes"]),
    .library(name: "Generative", targets: ["Generative"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "Optimizers", targets: ["Optimizers"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Layers", targets: ["Layers"]),
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "TextMining", targets: ["TextMining"]),
    .library(name: "WordVectors", targets: ["WordVectors"]),
    .library(name: "Communities", targets: ["Communities"]),
    .library(name: "Tracking", targets: ["Tracking"]),
    .library(name: "Formats", targets: ["Formats"]),
    .library(name: "Parallel", targets: ["Parallel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // The command; the only target that prints.
    .executableTarget(
      name: "danlu",
      dependencies: [
        "Recipes",
        "Training",
        "Generative",
        "Optimizers",
        "Datasets",
        "Layers",
        "Torch",
        "TextMining",
        "WordVectors",
        "Communities",
        "Tracking",
        "Formats",
        "Parallel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Articles.
    .target(
      name: "Recipes",
      dependencies: [
        "Training",
        "Generative",
        "Optimizers",
        "Datasets",
        "Layers",
        "Torch",
        "TextMining",
        "WordVectors",
        "Communities",
        "Tracking",
        "Formats",
        "Parallel",
      ]),

    // Models and their training.
    .target(
      name: "Generative",
      dependencies: [
        "Training",
        "Optimizers",
        "Datasets",
        "Layers",
        "Torch",
        "Parallel",
        "Requirements",
      ]),
    .target(
      name: "Training",
      dependencies: [
        "Optimizers",
        "Datasets",
        "Layers",
        "Torch",
        "Tracking",
        "Formats",
        "Parallel",
        "Requirements",
      ]),
    .target(name: "Optimizers", dependencies: ["Layers", "Torch", "Requirements"]),
    .target(
      name: "Datasets", dependencies: ["Torch", "Formats", "Parallel", "Requirements"]),
    .target(name: "Layers", dependencies: ["Torch", "Formats", "Requirements"]),

    // Tensors, on libtorch.
    .target(name: "Torch", dependencies: ["CTorch", "Requirements"]),
    .target(name: "CTorch"),

    // Pure Swift, no libtorch.
    .target(
      name: "TextMining",
      dependencies: ["WordVectors", "CPrefetch", "Formats", "Parallel", "Requirements"]),
    .target(
      name: "WordVectors", dependencies: ["CVectorKernels", "Formats", "Parallel", "Requirements"]),
    .target(name: "CVectorKernels", exclude: ["kernels_body.h"]),
    .target(
      name: "Communities", dependencies: ["CPrefetch", "Formats", "Parallel", "Requirements"]),
    .target(name: "CPrefetch"),
    .target(name: "Tracking", dependencies: ["Formats", "Requirements"]),
    .target(name: "Formats", dependencies: ["CZlib", "Requirements"]),
    .target(name: "Parallel", dependencies: ["Requirements"]),
    .target(name: "Requirements"),
    .systemLibrary(name: "CZlib"),

    // Measured side by side with the peers by the scripts of Benchmarks/.
    .executableTarget(
      name: "DanluBench",
      dependencies: [
        "Generative",
        "Training",
        "Optimizers",
        "Datasets",
        "Layers",
        "Torch",
        "Tracking",
        "Formats",
        "Parallel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/DanluBench"),

    .testTarget(
      name: "RecipesTests",
      dependencies: [
        "Recipes",
        "Tracking",
        "Formats",
        "Parallel",
        "Torch",
        "Layers",
      ]),
    .testTarget(
      name: "GenerativeTests",
      dependencies: [
        "Generative",
        "Datasets",
        "Optimizers",
        "Layers",
        "Torch",
        "Parallel",
      ]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training",
        "Optimizers",
        "Datasets",
        "Layers",
        "Torch",
        "Tracking",
        "Formats",
        "Parallel",
      ]),
    .testTarget(
      name: "OptimizersTests",
      dependencies: [
        "Optimizers",
        "Layers",
        "Torch",
      ], resources: [.copy("Golden")]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Torch", "Formats", "Parallel"]),
    .testTarget(
      name: "LayersTests",
      dependencies: [
        "Layers",
        "Torch",
        "Formats",
      ], resources: [.copy("Golden")]),
    .testTarget(name: "TorchTests", dependencies: ["Torch"], resources: [.copy("Golden")]),
    .testTarget(
      name: "TextMiningTests",
      dependencies: [
        "TextMining",
        "WordVectors",
        "Formats",
        "Parallel",
      ]),
    .testTarget(
      name: "WordVectorsTests",
      dependencies: [
        "WordVectors",
        "CVectorKernels",
        "Formats",
        "Parallel",
      ]),
    .testTarget(name: "CommunitiesTests", dependencies: ["Communities", "Formats", "Parallel"]),
    .testTarget(name: "TrackingTests", dependencies: ["Tracking", "Formats"]),
    .testTarget(
      name: "FormatsTests",
      dependencies: [
        "Formats",
        "Parallel",
      ], resources: [.copy("Golden")]),
    .testTarget(name: "ParallelTests", dependencies: ["Parallel"]),
    .testTarget(name: "CommandTests", dependencies: ["danlu"]),
  ],
  swiftLanguageModes: [.v6]
)
