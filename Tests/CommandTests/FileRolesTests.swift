import Formats
import Foundation
import TestSupport
import Testing

/// No output is an input or another output, and each can be written: found before anything is done.
@Suite(.enabled(if: hasBinary, binaryReason), .serialized) struct FileRolesTests {
  private static let links = "1 2\n1 3\n2 3\n3 4\n4 5\n4 6\n5 6\n"
  private static let partition = "1 1\n2 1\n3 1\n4 2\n5 2\n6 2\n"

  private func withFiles(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for name in ["net.tree", "net.txt"] {
        try AtomicFile.write(Self.links, to: folder + "/" + name)
      }
      try AtomicFile.write(Self.partition, to: folder + "/p.clu")
      try AtomicFile.write("a b c\nd e f\na b d\n", to: folder + "/corpus.txt")
      try AtomicFile.write("甲 5\n乙 3\n", to: folder + "/dict.txt")
      try body(folder)
    }
  }

  /// Words of a command in a folder, and the role that the message names.
  @Test(arguments: [
    ("communities net.tree --out net", "--out would overwrite"),
    ("communities net.txt --initial p.clu --out p", "(--initial)"),
    ("communities net.txt --map net.txt", "--map would overwrite"),
    ("communities net.txt --map ./sub/../net.txt", "--map would overwrite"),
    ("communities net.txt --out r --formats tree,clu --map r.tree", "are the same file"),
    ("vectors train corpus.txt --out corpus.txt --min-count 1", "--out would overwrite"),
    ("vectors train corpus.txt --out m --word-output corpus.txt", "--word-output would overwrite"),
    ("vectors train corpus.txt --out m --word-output m --min-count 1", "are the same file"),
    ("vectors train corpus.txt --out m --context-output m.checkpoint", "are the same file"),
    ("vectors infer p.clu corpus.txt --out corpus.txt", "--out would overwrite"),
    ("vectors similar corpus.txt --all --out corpus.txt", "--out would overwrite"),
    ("vectors cluster corpus.txt --k 2 --labels p.clu --out p.clu", "(--labels)"),
    ("words segment --words dict.txt corpus.txt --out corpus.txt", "--out would overwrite"),
    ("words segment --words dict.txt corpus.txt --out dict.txt", "(--words)"),
    ("words count corpus.txt --out corpus.txt", "--out would overwrite"),
    ("words discover corpus.txt --out corpus.txt", "--out would overwrite"),
    ("words discover corpus.txt --out a --report a", "are the same file"),
    ("words domain --target corpus.txt --background net.txt --out net.txt", "(--background)"),
    ("words templates corpus.txt --out corpus.txt", "--out would overwrite"),
  ])
  func outputsAreNoInputs(_ command: String, _ part: String) throws {
    try withFiles { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/sub", withIntermediateDirectories: true)
      let before = try contentsOfFolder(folder)
      let outcome = try Command(
        command.split(separator: " ").map { word in
          word.contains(".") || ["m", "r", "a", "p", "net"].contains(word)
            ? folder + "/" + word : String(word)
        }
      ).run()
      #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.errors.contains(part), "\(outcome.errors)")
      #expect(try contentsOfFolder(folder) == before)
    }
  }

  private func contentsOfFolder(_ folder: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        FileManager.default.contents(atPath: folder + "/" + name).map { (name, $0) }
      })
  }

  @Test(arguments: ["--out", "--map"])
  func foldersThatAreNotThereAreFoundFirst(_ option: String) throws {
    try withFiles { folder in
      let outcome = try Command(
        "communities", folder + "/net.txt", option, folder + "/none/r", "--trials", "1000000"
      ).run()
      #expect(outcome.status == 1 && outcome.errors.contains("/none/r"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("searching"))
    }
  }

  @Test func streamsMayBeOutputs() throws {
    try withFiles { folder in
      let outcome = try Command(
        "vectors", "similar", folder + "/v.txt", "--all", "--out", "/dev/null"
      ).run()
      // The vectors are missing; /dev/null was no reason to stop.
      #expect(outcome.errors.contains("/v.txt: cannot open"))
    }
  }
}
