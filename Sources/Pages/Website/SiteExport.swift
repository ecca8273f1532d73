import Formats
import Foundation
import Messages
import Parallel

/// Writes the site as plain files for any web server: pages, assets, feeds, search.
///
/// `export.json` in the folder says what each page was made from, so that the next export into it renders and
/// writes only what changed. Files are replaced one by one, each whole or not at all, `export.json` at the
/// end: an export that was killed is completed by the next one.
public struct SiteExport: Sendable {
  /// What an export did.
  public struct Outcome: Sendable, Codable, Equatable {
    public var articles: Int
    /// Files of the export.
    public var files: Int
    /// Files that this export wrote.
    public var written: Int
    /// Files of pages that are no more.
    public var removed: Int
    public var bytes: Int
  }

  private let folder: String
  private let options: Website.Options

  /// Throws `FileError` for a folder that holds something else than an earlier export.
  public init(to folder: String, _ options: Website.Options) throws {
    self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    self.options = options
    guard access(self.folder, F_OK) == 0 else { return }
    let names = try Folder.names(in: self.folder)
    if !names.isEmpty, !names.contains(Manifest.name) {
      throw FileError(
        path: folder,
        reason: "holds something else than an export; name a new or an empty folder")
    }
  }

  public func run(work: Work = .silent) throws -> Outcome {
    let plan = try SitePlan(options)
    var manifest = Manifest(folder)
    let previous = manifest
    let changed = plan.items.filter {
      manifest.entries[$0.path]?.fingerprint != $0.fingerprint.text
    }
    let rendered = try Website.render(changed, threads: options.threads, work: work)
    var files: [File] = []
    var made: [String: [RenderedText.Passage]] = [:]
    for (item, page) in zip(changed, rendered) {
      files.append(File(path: item.path, fingerprint: item.fingerprint, bytes: page.page.bytes))
      made[item.path] = page.passages
    }
    for language in PageLanguage.allCases {
      files += try searchFiles(plan, language, made, previous)
    }
    // What already stands there with the same bytes stays.
    let due = files.filter { manifest.entries[$0.path]?.content != $0.content.text }
    if !due.isEmpty {
      // Until it stands there, nothing is known of what is due: an export that ends here is completed.
      for file in due {
        manifest.entries[file.path] = .init(fingerprint: "", content: "", bytes: 0)
      }
      try Folder.create(folder)
      try manifest.write()
    }
    try work.phase("writing", of: due.count, unit: "files") { phase in
      try makeFolders(of: due)
      try parallelFor(count: due.count, threads: options.threads) { index in
        try SiteFile.write(due[index].bytes, to: place(due[index].path))
        try phase.advance()
      }
    }
    for file in files {
      manifest.entries[file.path] = .init(
        fingerprint: file.fingerprint.text, content: file.content.text, bytes: file.bytes.count)
    }
    let removed = try removeOthers(plan, &manifest)
    if manifest != previous { try manifest.write() }
    return Outcome(
      articles: plan.catalog.articles.count, files: manifest.entries.count, written: due.count,
      removed: removed, bytes: manifest.entries.values.reduce(0) { $0 + $1.bytes })
  }

  // MARK: Search

  /// The files of the index that the changed articles change. Where only few did, the index is the one that
  /// stands there with those replaced, its words included; otherwise it is made anew.
  private func searchFiles(
    _ plan: SitePlan, _ language: PageLanguage, _ made: [String: [RenderedText.Passage]],
    _ previous: Manifest
  ) throws -> [File] {
    let entries = plan.catalog.all(language)
    let changed = entries.filter { made[$0.source.path] != nil }
    let isSameList = previous.articles(language) == Set(entries.map(\.source.name))
    if changed.isEmpty, isSameList { return [] }
    let texts = changed.map { entry in
      File(
        path: SearchFiles.textPath(entry.source.name, language), fingerprint: ContentHash(),
        bytes: SearchFiles.text(made[entry.source.path] ?? []))
    }
    if isSameList, changed.count * 8 <= entries.count,
      let files = try amendedSearchFiles(changed, language, made, previous)
    {
      return texts + files
    }
    let index = try newIndex(plan, entries, made)
    return try texts
      + SearchFiles.files(
        index, language, shards: SearchFiles.shardCount(entries.count), threads: options.threads
      ).map { File(path: $0.path, fingerprint: ContentHash(), bytes: $0.bytes) }
  }

  /// Reads only what it has to write. `nil` where what stands there is not what was written.
  private func amendedSearchFiles(
    _ changed: [SiteCatalog.Entry], _ language: PageLanguage,
    _ made: [String: [RenderedText.Passage]], _ previous: Manifest
  ) throws -> [File]? {
    let folder = folder
    let reader = SearchFilesReader(language) { path in
      guard let entry = previous.entries[path],
        let bytes = try? SiteFile.read(folder + path),
        ContentHash(bytes).text == entry.content
      else { return nil }
      return bytes
    }
    guard var reader else { return nil }
    var due: Set<Int> = []
    var pairs: [(old: SearchIndex.Counts, new: SearchIndex.Counts)] = []
    for entry in changed {
      guard let old = reader.counts(of: entry.source.name) else { return nil }
      let new = SearchIndex.counts(
        entry.source.title, made[entry.source.path] ?? [], terms: reader.index.terms)
      for key in old.differences(from: new) {
        let term = old.counts[key] == nil ? new.name(of: key) : old.name(of: key)
        due.insert(SearchFiles.shard(of: term, reader.shards))
      }
      pairs.append((old, new))
    }
    guard reader.readLists(of: due, threads: options.threads) else { return nil }
    var index = reader.index
    for (entry, counts) in zip(changed, pairs) {
      index.replace(entry.source.name, title: entry.source.title, counts.old, by: counts.new)
    }
    return try SearchFiles.files(
      index, language, shards: reader.shards, due: due, threads: options.threads
    ).map { File(path: $0.path, fingerprint: ContentHash(), bytes: $0.bytes) }
  }

  /// An index of all articles; those that were not rendered now are, for their words.
  private func newIndex(
    _ plan: SitePlan, _ entries: [SiteCatalog.Entry], _ made: [String: [RenderedText.Passage]]
  ) throws -> SearchIndex {
    let language = entries.first?.source.language
    let pages = plan.items.compactMap { item -> ArticlePage? in
      if case .article(let page) = item.content, page.entry.source.language == language {
        page
      } else {
        nil
      }
    }
    let texts = try parallelMap(count: pages.count, threads: options.threads) { index in
      made[pages[index].entry.source.path] ?? pages[index].rendered().text.passages
    }
    return try Website.index(entries, texts, threads: options.threads)
  }

  // MARK: Files

  private struct File: Sendable {
    /// Of the site: a path that ends in `/` is that folder's `index.html`.
    let path: String
    let fingerprint: ContentHash
    let bytes: [UInt8]
    let content: ContentHash

    init(path: String, fingerprint: ContentHash, bytes: [UInt8]) {
      self.path = path
      self.fingerprint = fingerprint
      self.bytes = bytes
      content = ContentHash(bytes)
    }
  }

  private func place(_ path: String) -> String {
    folder + (path.hasSuffix("/") ? path + "index.html" : path)
  }

  private func makeFolders(of files: [File]) throws {
    let folders = Set(files.map { Folder.split(place($0.path)).folder })
    for folder in folders.sorted() where access(folder, F_OK) != 0 { try Folder.create(folder) }
  }

  /// Removes the files of pages that are no more, and folders that become empty.
  private func removeOthers(_ plan: SitePlan, _ manifest: inout Manifest) throws -> Int {
    var wanted = Set(plan.items.map(\.path))
    for language in PageLanguage.allCases {
      let entries = plan.catalog.all(language)
      for entry in entries { wanted.insert(SearchFiles.textPath(entry.source.name, language)) }
      wanted.insert(SearchFiles.folder(language) + "index.json")
      for number in 0..<SearchFiles.shardCount(entries.count) {
        wanted.insert(SearchFiles.shardPath(number, language))
      }
    }
    let others = manifest.entries.keys.filter { !wanted.contains($0) }
    for path in others {
      let file = place(path)
      if unlink(file) != 0, errno != ENOENT {
        throw FileError(path: file, action: "remove", code: errno)
      }
      // Fails, as it must, for a folder that holds something.
      var parent = Folder.split(file).folder
      while parent.count > folder.count, rmdir(parent) == 0 { parent = Folder.split(parent).folder }
      manifest.entries[path] = nil
    }
    return others.count
  }

  // MARK: Manifest

  /// What each file was made from and what it holds.
  private struct Manifest: Equatable {
    static let name = "export.json"

    struct Entry: Equatable {
      var fingerprint: String
      var content: String
      var bytes: Int
    }

    private let path: String
    var entries: [String: Entry] = [:]

    /// Reads it; one that is missing or damaged is an empty one.
    init(_ folder: String) {
      path = "\(folder)/\(Self.name)"
      guard let bytes = try? SiteFile.read(path) else { return }
      guard let value = try? JSONValue(parsing: bytes), let members = value["files"]?.members else {
        return
      }
      for member in members {
        guard let cells = member.value.arrayValue, cells.count == 3,
          let fingerprint = cells[0].stringValue, let content = cells[1].stringValue,
          let count = cells[2].integerValue, member.key.hasPrefix("/"),
          !member.key.split(separator: "/").contains("..")
        else { continue }
        entries[member.key] = Entry(fingerprint: fingerprint, content: content, bytes: count)
      }
    }

    func write() throws {
      var json = "{\"generator\":\"danlu \(danluVersion)\",\"files\":{\n"
      for (index, (path, entry)) in entries.sorted(by: { $0.key < $1.key }).enumerated() {
        json += index == 0 ? "" : ",\n"
        json +=
          "\(JSONText.quoted(path)):[\"\(entry.fingerprint)\",\"\(entry.content)\",\(entry.bytes)]"
      }
      try SiteFile.write(Array((json + "\n}}\n").utf8), to: path)
    }

    /// The articles whose words the search has; `nil` where there is no search.
    func articles(_ language: PageLanguage) -> Set<String>? {
      let folder = SearchFiles.folder(language) + "text/"
      guard entries[SearchFiles.folder(language) + "index.json"]?.content.isEmpty == false else {
        return nil
      }
      return Set(
        entries.filter { path, entry in
          path.hasPrefix(folder) && path.hasSuffix(".json") && !entry.content.isEmpty
        }.keys.map { String($0.dropFirst(folder.count).dropLast(5)) })
    }
  }
}
