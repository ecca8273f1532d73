import Foundation
import Testing

@testable import Site

/// A folder of runs, and a program that stands for `danlu run`: it writes a record every 50 ms, `steps` of them, keeps
/// what it has when it is interrupted, and goes on with `--resume`.
private struct Workshop {
  let folder: String
  var runs: String { folder + "/runs" }
  var program: String { folder + "/danlu" }

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/site-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: runs, withIntermediateDirectories: true)
    let script = #"""
      #!/bin/sh
      for dir; do :; done
      steps=10
      for word; do case "$word" in steps=*) steps="${word#steps=}";; esac; done
      case "$*" in *fails*) echo "danlu: no data <script>" >&2; exit 1;; esac
      echo "begins $*"
      mkdir -p "$dir/samples" "$dir/checkpoints"
      [ -f "$dir/config.json" ] || cat > "$dir/config.json" <<END
      {"recipe":"gan-qp","seed":0,"settings":{"options":{},"set":{"steps":$steps}},"versions":{},"created":"2026-01-01T00:00:00Z"}
      END
      i=0
      [ -f "$dir/metrics.jsonl" ] && i=$(wc -l < "$dir/metrics.jsonl")
      trap 'exit 130' INT TERM
      while [ "$i" -lt "$steps" ]; do
        i=$((i+1))
        echo "{\"step\":$i,\"wall\":0.$i,\"loss\":1.$i}" >> "$dir/metrics.jsonl"
        sleep 0.05
      done
      cat > "$dir/claims.json" <<END
      {"recipe":"gan-qp","run":"$dir","seconds":1,"steps":$i,"metrics":{},"claims":[{"id":"a","statement":"a < b","expected":"1","measured":1,"holds":true}]}
      END
      """#
    try script.write(toFile: program, atomically: true, encoding: .utf8)
    chmod(program, 0o755)
  }

  func use(_ options: inout SiteOptions) {
    options.runs = runs
    options.danlu = program
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// Waits until the state of `run` is `status`; returns the last state.
  @discardableResult
  func wait(_ run: String, for status: String, _ site: TestSite) async throws -> String {
    var text = ""
    for _ in 0..<100 {
      text = await site.get("/api/v1/runs/\(run)").text
      if text.contains("\"status\":\"\(status)\"") { return text }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("\(run) is not \(status): \(text.prefix(400))")
    return text
  }

  func start(_ site: TestSite, steps: Int, recipe: String = "gan-qp") async throws -> String {
    let reply = await site.post(
      "/api/v1/runs", #"{"recipe":"\#(recipe)","settings":{"steps":"\#(steps)"}}"#)
    #expect(reply.status == 202, "\(reply.text)")
    let name = reply.text.firstMatch(of: /"run":"([^"]+)"/)?.1
    return String(try #require(name))
  }
}

@Suite struct RunTests {
  @Test func aRunIsStartedShownAndEnds() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    try await TestSite.with(workshop.use) { site in
      let run = try await workshop.start(site, steps: 6)
      let state = try await workshop.wait(run, for: "finished", site)
      #expect(state.contains("\"holds\":1") && state.contains("\"step\":6"))
      #expect(state.contains("begins run gan-qp --seed 0 --precision auto --set steps=6 --out"))
      let curves = await site.get("/api/v1/runs/\(run)/curves").text
      #expect(curves.contains("<svg") && curves.contains("loss"))
      #expect(await site.get("/api/v1/runs").text.contains(run))
      for language in ["", "/en"] {
        let page = await site.get("\(language)/runs/\(run)/")
        #expect(page.status == 200 && page.text.contains("a &lt; b"))
      }
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    try await TestSite.with(workshop.use) { site in
      for body in [
        #"{"recipe":"gan-qq"}"#, #"{"recipe":"gan-qp","settings":{"stepz":"1"}}"#,
        #"{"recipe":"gan-qp","settings":{"steps":"-1"}}"#, #"{"recipe":"gan-qp","seed":-1}"#,
        #"{"recipe":"gan-qp","out":"/etc"}"#, #"{"recipe":"gan-qp","settings":{"--out":"/etc"}}"#,
        #"{"recipe":"--help"}"#,
      ] {
        let reply = await site.post("/api/v1/runs", body)
        #expect(reply.isProblem(422), "\(body): \(reply.status) \(reply.text)")
      }
      #expect(await site.get("/api/v1/runs").text.contains(#"{"runs":[]}"#))
    }
  }

  @Test func runsWaitForEachOtherStopAndResume() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    try await TestSite.with(workshop.use) { site in
      let first = try await workshop.start(site, steps: 100)
      let second = try await workshop.start(site, steps: 4)
      let third = try await workshop.start(site, steps: 4)
      try await workshop.wait(first, for: "running", site)
      #expect(await site.get("/api/v1/runs/\(third)").text.contains("\"position\":2"))
      #expect(await site.post("/api/v1/runs/\(third)/stop", "").status == 202)
      #expect(await site.get("/api/v1/runs/\(third)").isProblem(404))
      #expect(await site.post("/api/v1/runs/\(first)/resume", "").isProblem(409))
      #expect(await site.post("/api/v1/runs/\(first)/stop", "").status == 202)
      try await workshop.wait(first, for: "unfinished", site)
      try await workshop.wait(second, for: "finished", site)
      #expect(await site.post("/api/v1/runs/\(second)/resume", "").isProblem(409))
      #expect(await site.post("/api/v1/runs/\(second)/stop", "").isProblem(409))
    }
  }

  @Test func aRunOutlivesTheSiteAndTheQueueIsKept() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    let site = try await TestSite(workshop.use)
    let first = try await workshop.start(site, steps: 30)
    let second = try await workshop.start(site, steps: 3)
    try await workshop.wait(first, for: "running", site)
    try await site.stop()
    try await TestSite.with(workshop.use) { site in
      try await workshop.wait(first, for: "finished", site)
      try await workshop.wait(second, for: "finished", site)
    }
  }

  @Test func aRunThatFailsSaysWhy() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    try "#!/bin/sh\necho 'danlu: no data <script>' >&2\nexit 1\n".write(
      toFile: workshop.program, atomically: false, encoding: .utf8)
    try await TestSite.with(workshop.use) { site in
      let run = try await workshop.start(site, steps: 3)
      let state = try await workshop.wait(run, for: "failed", site)
      #expect(state.contains("danlu: no data"))
      let page = await site.get("/en/runs/\(run)/").text
      #expect(page.contains("no data &lt;script&gt;") && !page.contains("data <script>"))
    }
  }

  @Test func eventsAreStreamedAndGoOnWhereTheyStopped() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    try await TestSite.with(workshop.use) { site in
      let run = try await workshop.start(site, steps: 8)
      let port = site.port
      let head = site.head("GET", "/api/v1/runs/\(run)/events", ["Connection: close"])
      func stream(_ more: String = "") async -> String {
        await TestSite.offPool {
          guard let socket = TestSocket(port: port) else { return "" }
          socket.send(head + more + "\r\n")
          var bytes: [UInt8] = []
          let end = Date().addingTimeInterval(5)
          while Date() < end, let part = socket.read(seconds: 1) {
            bytes += part
            if String(decoding: bytes, as: UTF8.self).contains("\r\n0\r\n\r\n") { break }
          }
          return String(decoding: bytes, as: UTF8.self)
        }
      }
      let all = await stream()
      #expect(all.contains("text/event-stream") && all.contains("retry: "))
      for step in 1...8 { #expect(all.contains("\"step\":\(step),"), "step \(step)") }
      #expect(all.contains("\"status\":\"finished\""))
      let ids = all.matches(of: /id: (\d+)/).map { String($0.1) }
      #expect(ids.count == 8)
      let rest = await stream("Last-Event-ID: \(ids[5])\r\n")
      #expect(!rest.contains("\"step\":6,") && rest.contains("\"step\":7,"))
      #expect(rest.contains("\"step\":8,"))
      // A place that is no end of a record is none.
      #expect(await stream("Last-Event-ID: 3\r\n").contains("\"step\":1,"))
    }
  }

  @Test func openStreamsDoNotHoldUpTheEnd() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    let site = try await TestSite(workshop.use)
    let run = try await workshop.start(site, steps: 200)
    try await workshop.wait(run, for: "running", site)
    let (port, head) = (site.port, site.head("GET", "/api/v1/runs/\(run)/events", []))
    let sockets = await TestSite.offPool {
      (0..<50).compactMap { _ -> TestSocket? in
        let socket = TestSocket(port: port)
        socket?.send(head + "\r\n")
        return socket
      }
    }
    let first = await TestSite.offPool { sockets.map { $0.read(seconds: 2)?.isEmpty == false } }
    #expect(first == Array(repeating: true, count: 50))
    #expect(await site.get("/metrics").text.contains("danlu_streams 50"))
    #expect(await site.post("/api/v1/runs/\(run)/stop", "").status == 202)
    let seconds = try await site.stop()
    #expect(seconds < 1, "\(seconds) s")
    withExtendedLifetime(sockets) {}
  }

  @Test func runsAreCompared() async throws {
    let workshop = try Workshop()
    defer { workshop.remove() }
    try await TestSite.with(workshop.use) { site in
      let one = try await workshop.start(site, steps: 3)
      let other = try await workshop.start(site, steps: 5)
      try await workshop.wait(other, for: "finished", site)
      let reply = await site.get("/api/v1/compare?runs=\(one),\(other)").text
      #expect(reply.contains(#"{"setting":"steps","values":["3","5"]}"#))
      #expect(reply.contains("<svg"))
      #expect(await site.get("/api/v1/compare?runs=\(one)").isProblem(422))
      #expect(await site.get("/api/v1/compare?runs=\(one),nix").isProblem(404))
      #expect(await site.get("/en/runs/compare/?runs=\(one),\(other)").status == 200)
    }
  }
}
