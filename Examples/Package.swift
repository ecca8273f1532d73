// swift-tools-version: 6.1
import PackageDescription

// A package as anyone would write it who depends on Danlu; by URL it says
// .package(url: "https://github.com/…/danlu", branch: "main") instead.
let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "danlu", path: "..")],
  targets: ["first", "images", "texts", "tables", "transfer", "gan", "server"].map { name in
    .executableTarget(
      name: name,
      dependencies: [
        "Datasets", "Formats", "Generative", "Layers", "Optimizers", "Torch", "Training",
      ]
      .map { .product(name: $0, package: "danlu") })
  },
  swiftLanguageModes: [.v6]
)
