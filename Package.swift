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
    .library(name: "Articles", targets: ["Articles"]),
    .library(name: "FineTuning", targets: ["FineTuning"]),
    .library(name: "Pretraining", targets: ["Pretraining"]),
    .library(name: "Transformers", targets: ["Transformers"]),
    .library(name: "Generative", targets: ["Generative"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "Optimizers", targets: ["Optimizers"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Layers", targets: ["Layers"]),
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "TextMining", targets: ["TextMining"]),
    .library(name: "WordVectors", targets: ["WordVectors"]),
    .library(name: "Communities", targets: ["Communities"]),
    .library(name: "Knowledge", targets: ["Knowledge"]),
    .library(name: "Questions", targets: ["Questions"]),
    .library(name: "ClassicalML", targets: ["ClassicalML"]),
    .library(name: "TableQueries", targets: ["TableQueries"]),
    .library(name: "Text", targets: ["Text"]),
    .library(name: "Tokenizers", targets: ["Tokenizers"]),
    .library(name: "Pages", targets: ["Pages"]),
    .library(name: "Tracking", targets: ["Tracking"]),
    .library(name: "Reports", targets: ["Reports"]),
    .library(name: "Formats", targets: ["Formats"]),
    .library(name: "Parallel", targets: ["Parallel"]),
    .library(name: "Distributed", targets: ["Distributed"]),
    .plugin(name: "danlu-setup", targets: ["danlu-setup"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // The command; the only target that prints.
    .executableTarget(
      name: "danlu",
      dependencies: [
        "Articles", "Recipes", "FineTuning", "Pretraining", "Training", "Transformers", "Torch",
        "TextMining",
        "WordVectors", "Communities", "Knowledge", "Questions", "ClassicalML",
        "TableQueries", "Tokenizers", "Text", "Pages", "Tracking", "Reports", "Formats", "Memory",
        "Distributed", "Parallel", "Messages",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // The articles, and the form that each has.
    .target(
      name: "Articles",
      dependencies: [
        "Recipes", "FineTuning", "Pretraining", "Training", "Transformers", "Generative",
        "Optimizers", "Datasets", "Layers", "Torch",
        "TextMining", "WordVectors", "Communities", "ClassicalML", "Knowledge", "Questions",
        "TableQueries", "Tokenizers", "Text", "Tracking", "Reports", "Formats",
        "Parallel", "Messages",
      ]),
    .target(
      name: "Recipes",
      dependencies: [
        "Training", "Torch", "Tracking", "Reports", "Formats", "Distributed", "Parallel",
        "Messages",
      ]),

    // Models and their training.
    .target(
      name: "FineTuning",
      dependencies: [
        "Transformers", "Tokenizers", "Training", "Optimizers", "Datasets", "Layers", "Torch",
        "Tracking", "Formats", "Distributed", "Parallel", "Messages",
      ]),
    .target(
      name: "Pretraining",
      dependencies: [
        "Transformers", "Tokenizers", "Training", "Optimizers", "Datasets", "Layers", "Torch",
        "TextMining", "Text", "Tracking", "Formats", "Distributed", "Parallel", "Messages",
      ]),
    .target(
      name: "Transformers",
      dependencies: ["Tokenizers", "Layers", "Torch", "Formats", "Parallel", "Messages"]),
    .target(
      name: "Generative",
      dependencies: [
        "Training", "Optimizers", "Datasets", "Layers", "Torch", "Parallel", "Messages",
      ]),
    .target(
      name: "Training",
      dependencies: [
        "Optimizers", "Datasets", "Layers", "Torch", "Tracking", "Reports", "Formats",
        "Distributed", "Parallel", "Messages",
      ]),
    .target(name: "Optimizers", dependencies: ["Layers", "Torch", "Messages"]),
    .target(
      name: "Datasets", dependencies: ["Layers", "Torch", "Formats", "Parallel", "Messages"]),
    .target(name: "Layers", dependencies: ["Torch", "Formats", "Messages"]),

    // Tensors, on libtorch.
    .target(name: "Torch", dependencies: ["CTorch", "Messages"]),
    .target(name: "CTorch"),

    // Pure Swift, no libtorch.
    .target(
      name: "TextMining",
      dependencies: [
        "WordVectors", "Text", "CPrefetch", "Formats", "Memory", "Distributed", "Parallel",
        "Messages",
      ]),
    .target(
      name: "WordVectors",
      dependencies: ["CVectorKernels", "Formats", "Memory", "Parallel", "Messages"]),
    .target(name: "CVectorKernels", exclude: ["kernels_body.h"]),
    .target(
      name: "Communities",
      dependencies: ["CPrefetch", "Formats", "Memory", "Distributed", "Parallel", "Messages"]),
    .target(name: "CPrefetch"),
    .target(name: "Questions", dependencies: ["Formats", "Memory", "Parallel", "Messages"]),
    .target(name: "Knowledge", dependencies: ["Formats", "Memory", "Parallel", "Messages"]),
    .target(
      name: "ClassicalML",
      dependencies: ["CPrefetch", "Reports", "Formats", "Memory", "Parallel", "Messages"]),
    .target(name: "TableQueries", dependencies: ["Text", "Formats", "Messages"]),
    .target(
      name: "Tokenizers", dependencies: ["Text", "Formats", "Memory", "Parallel", "Messages"]),
    .target(
      name: "Text", dependencies: ["Formats", "Memory", "Distributed", "Parallel", "Messages"]),
    .target(
      name: "Pages",
      dependencies: [
        "TextMining", "Text", "Tracking", "Reports", "Formats", "Parallel", "Messages",
      ],
      resources: [.copy("Articles"), .copy("Assets")]),
    .target(name: "Tracking", dependencies: ["Reports", "Formats", "Messages"]),
    .target(name: "Reports", dependencies: ["Formats", "Messages"]),
    .target(
      name: "Formats", dependencies: ["CZlib", "CPrefetch", "Memory", "Parallel", "Messages"]),
    .target(name: "Distributed", dependencies: ["CMPI", "Parallel", "Messages"]),
    .target(name: "CMPI"),
    .target(name: "Memory", dependencies: ["Messages"]),
    .target(name: "Parallel", dependencies: ["Messages"]),
    .target(name: "Messages"),
    .systemLibrary(name: "CZlib"),

    // `swift package danlu-setup`: `make setup` for packages that depend on this one.
    .plugin(
      name: "danlu-setup",
      capability: .command(
        intent: .custom(
          verb: "danlu-setup", description: "Find or fetch libtorch for Danlu and compile its shim."
        ),
        permissions: [
          .allowNetworkConnections(
            scope: .all(), reason: "libtorch is fetched by pip if this machine has none."),
          .writeToPackageDirectory(reason: "Swift asks; only the user's cache is written to."),
        ]), path: "Plugins/DanluSetup"),

    // Measured side by side with the peers by the scripts of Benchmarks/.
    .executableTarget(
      name: "DanluBench",
      dependencies: [
        "Generative", "Pretraining", "Transformers", "Training", "Optimizers", "Datasets", "Layers",
        "Torch", "Tokenizers", "Tracking", "Formats", "Distributed", "Parallel", "Messages",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Benchmarks/DanluBench"),

    .target(name: "TestSupport", dependencies: ["Torch", "Parallel"], path: "Tests/TestSupport"),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "danlu", "TableQueries", "TextMining", "Communities", "Formats", "Messages", "Tracking",
        "TestSupport",
      ]),
    .testTarget(
      name: "ArticlesTests",
      dependencies: [
        "Articles", "Recipes", "Transformers", "TableQueries", "Tokenizers", "Training",
        "Optimizers",
        "Datasets", "Layers", "Torch", "Tracking",
        "Reports", "Formats", "Parallel", "Messages", "TestSupport",
      ]),
    .testTarget(
      name: "FineTuningTests",
      dependencies: [
        "FineTuning", "Transformers", "Tokenizers", "Layers", "Torch", "Formats", "Messages",
        "Parallel", "TestSupport",
      ]),
    .testTarget(
      name: "PretrainingTests",
      dependencies: [
        "Pretraining", "Transformers", "Tokenizers", "Training", "Optimizers", "Datasets",
        "Layers", "Torch", "TextMining", "Text", "Tracking", "Formats", "Messages", "Parallel",
        "TestSupport",
      ]),
    .testTarget(
      name: "GenerativeTests",
      dependencies: [
        "Generative", "Training", "Datasets", "Optimizers", "Layers", "Torch", "TestSupport",
      ], resources: [.copy("Golden")]),
    .testTarget(
      name: "TransformersTests",
      dependencies: [
        "Transformers", "Tokenizers", "Layers", "Torch", "Formats", "Parallel", "Messages",
        "TestSupport",
      ], resources: [.copy("Golden")]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "Optimizers", "Datasets", "Layers", "Torch", "Tracking", "Formats", "Parallel",
        "Messages", "TestSupport",
      ], resources: [.copy("Golden")]),
    .testTarget(
      name: "OptimizersTests", dependencies: ["Optimizers", "Layers", "Torch", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "DatasetsTests",
      dependencies: ["Datasets", "Torch", "Formats", "Parallel", "Messages", "TestSupport"]),
    .testTarget(
      name: "LayersTests",
      dependencies: ["Optimizers", "Layers", "Torch", "Formats", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "TorchTests", dependencies: ["Torch", "CTorch", "Messages", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "TextMiningTests",
      dependencies: [
        "TextMining", "WordVectors", "Text", "Formats", "Memory", "Parallel", "Messages",
        "TestSupport",
      ]),
    .testTarget(
      name: "TokenizersTests",
      dependencies: ["Tokenizers", "Formats", "Parallel", "Messages", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "TextTests", dependencies: ["Text", "Formats", "Parallel", "Messages", "TestSupport"]),
    .testTarget(
      name: "WordVectorsTests",
      dependencies: ["WordVectors", "CVectorKernels", "Formats", "Parallel", "TestSupport"]),
    .testTarget(
      name: "CommunitiesTests",
      dependencies: ["Communities", "Formats", "Memory", "Parallel", "TestSupport"]),
    .testTarget(
      name: "KnowledgeTests",
      dependencies: ["Knowledge", "Formats", "Memory", "Parallel", "Messages", "TestSupport"]),
    .testTarget(
      name: "ClassicalMLTests",
      dependencies: ["ClassicalML", "Formats", "Parallel", "Messages", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "TableQueriesTests",
      dependencies: ["TableQueries", "Formats", "Messages", "TestSupport"]),
    .testTarget(
      name: "QuestionsTests",
      dependencies: ["Questions", "Formats", "Parallel", "Messages", "TestSupport"]),
    .testTarget(
      name: "PagesTests",
      dependencies: [
        "Pages", "Tracking", "Reports", "Formats", "Parallel", "Messages", "TestSupport",
      ]),
    .testTarget(name: "TrackingTests", dependencies: ["Tracking", "Formats", "TestSupport"]),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Formats", "Messages", "TestSupport"]),
    .testTarget(
      name: "FormatsTests", dependencies: ["Formats", "Parallel", "TestSupport"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "MemoryTests", dependencies: ["Memory", "Parallel", "Messages", "TestSupport"]),
    .testTarget(name: "ParallelTests", dependencies: ["Parallel"]),
    .testTarget(
      name: "DistributedTests",
      dependencies: ["danlu", "Distributed", "RankProbe", "Parallel", "Messages", "TestSupport"]),
    // What the tests start by mpirun.
    .executableTarget(
      name: "RankProbe",
      dependencies: [
        "Training", "Generative", "Pretraining", "Transformers", "Optimizers", "Datasets",
        "Layers", "Torch", "Tracking", "Distributed",
        "Parallel", "Messages",
      ], path: "Tests/RankProbe"),
  ],
  swiftLanguageModes: [.v6]
)

// The server fetches 24 packages, so it can be left out: DANLU_WITHOUT_SITE=1, as `make try` does and as packages
// may that use Danlu as a library.
if Context.environment["DANLU_WITHOUT_SITE"] == nil {
  package.products += [
    .executable(name: "danlu-serve", targets: ["danlu-serve"]),
    .library(name: "Site", targets: ["Site"]),
  ]
  package.dependencies += [
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", .upToNextMinor(from: "2.28.1"),
      traits: []),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ]
  package.targets += [
    // The site and the service, a program of its own: `danlu serve` starts it.
    .executableTarget(
      name: "danlu-serve",
      dependencies: [
        "Site", "Messages", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Sources/danlu-serve"),
    .target(
      name: "Site",
      dependencies: [
        "Pages", "Articles", "Recipes", "FineTuning", "Transformers", "Torch", "TextMining",
        "WordVectors",
        "Communities", "ClassicalML", "TableQueries", "Tokenizers", "Text", "Tracking", "Reports",
        "Formats", "Parallel", "Messages",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: [
        .embedInCode("Assets/comments.js"), .embedInCode("Assets/live.css"),
        .embedInCode("Assets/live.js"),
        .embedInCode("Assets/play.js"), .embedInCode("Assets/play-browser.js"),
        .embedInCode("Assets/play-server.js"),
      ]),
    .testTarget(
      name: "SiteTests",
      dependencies: [
        "Site", "Articles", "Pages", "ClassicalML", "TableQueries", "Torch", "Tokenizers",
        "Transformers", "Tracking", "Reports", "Recipes", "Formats", "Messages",
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ]),
  ]
}
