import Formats
import Foundation
import Pages
import Reports
import Tracking

/// The pages of runs: all of them, one of them, several beside each other.
struct RunPages: Sendable {
  let runs: RunEndpoints
  /// How a recipe's claims read in a language, by their `id`.
  let statements: @Sendable (_ recipe: String, _ language: PageLanguage) -> [String: String]

  func all() -> [Endpoint] {
    pages("/runs", list) + pages("/runs/compare", compare) + pages("/runs/{run}", run)
  }

  /// Pages whose files are read apart from the threads that answer.
  private func pages(
    _ path: String,
    _ body: @escaping @Sendable (SiteRequest, PageLanguage) throws -> SitePage
  ) -> [Endpoint] {
    let files = runs.files
    return Endpoint.pages(path) { request, language in
      try await files.run(for: request, within: .seconds(20)) { _ in try body(request, language) }
    }
  }

  private static func text(_ text: String) -> String { HTMLText.escaped(text) }

  private static func statusText(_ status: String, _ language: PageLanguage) -> String {
    switch status {
    case "queued": language("排队", "queued")
    case "running": language("运行中", "running")
    case "finished": language("完成", "finished")
    case "unfinished": language("中断", "interrupted")
    case "damaged": language("损坏", "damaged")
    default: language("失败", "failed")
    }
  }

  private static func status(_ state: JSONValue, _ language: PageLanguage) -> String {
    let status = state.text("status")
    let position = state["position"]?.integerValue.map {
      language(" · 第 \($0) 位", " · place \($0)")
    }
    return
      "<span class=\"state \(text(status))\">\(statusText(status, language))\(position ?? "")</span>"
  }

  private static func steps(_ state: JSONValue) -> String {
    guard let step = state["step"]?.integerValue else { return "" }
    return state["steps"]?.integerValue.map { "\(step) / \($0)" } ?? "\(step)"
  }

  private static func claims(_ state: JSONValue) -> String {
    guard let holds = state["holds"]?.integerValue, let count = state["claims"]?.integerValue,
      count > 0
    else { return "" }
    return "<span class=\"claims-chip\(holds == count ? "" : " some")\">\(holds) / \(count)</span>"
  }

  @Sendable private func list(_ request: SiteRequest, _ language: PageLanguage) -> SitePage {
    let states = runs.states()
    let key = states.map {
      "\($0.text("run")):\($0.text("status")):\($0["position"]?.integerValue.map(String.init) ?? "")"
    }.joined(separator: ",")
    return SitePage(title: language("运行", "Runs"), section: .runs) { address in
      let rows = states.map { state -> String in
        let name = state.text("run")
        let target = address(Self.path(name, language))
        return """
          <tr data-run="\(Self.text(name))"><td><input type="checkbox" value="\(Self.text(name))" \
          aria-label="\(language("选来比较", "choose to compare")): \(Self.text(name))"></td>\
          <td><a href="\(Self.text(target))">\(Self.text(name))</a></td>\
          <td>\(Self.status(state, language))</td><td class="figure steps">\(Self.steps(state))</td>\
          <td class="figure">\(Self.claims(state))</td></tr>
          """
      }
      let table =
        rows.isEmpty
        ? "<p>\(language("还没有运行。", "There are no runs yet."))</p>"
        : """
        <div class="scroll"><table class="runs"><thead><tr><th></th><th>\(language("名称", "Name"))</th>\
        <th>\(language("状态", "State"))</th><th class="figure">\(language("步", "Steps"))</th>\
        <th class="figure">\(language("论断成立", "Claims that hold"))</th></tr></thead>
        <tbody id="runs" data-status="\(Self.text(key))">\(rows.joined(separator: "\n"))</tbody></table></div>
        <div class="buttons"><button type="button" class="button" id="compare" disabled>\
        \(language("比较所选", "Compare the chosen"))</button></div>
        """
      return """
        <div class="page-head"><h1>\(language("运行", "Runs"))</h1>
        <p>\(language(
          "一次一个，其余排队；关掉网页或网站，运行仍会继续。",
          "One at a time, the others wait; a run goes on when the page or the site is closed."))</p></div>
        \(Self.startForm(language))
        \(table)
        """
    }
  }

  private static func startForm(_ language: PageLanguage) -> String {
    """
    <details class="panel"><summary>\(language("开始一个配方", "Start a recipe"))</summary>
    <form id="start"><div class="field"><label for="recipe">\(language("配方", "Recipe"))</label>\
    <select name="recipe" id="recipe"></select><small class="about"></small></div>
    <div class="fields"></div>
    <div class="field"><label for="seed">seed</label><input type="number" id="seed" name="seed" value="0" min="0" \
    max="4294967295"><small>\(language("一切随机数由它决定", "of everything random"))</small></div>
    <div class="buttons"><button class="button primary">\(language("开始", "Start"))</button></div>
    <div class="curl"><pre></pre></div></form></details>
    """
  }

  private static func path(_ run: String, _ language: PageLanguage) -> String {
    language.prefix + Endpoint.encoded(["runs", run])
  }

  @Sendable private func run(_ request: SiteRequest, _ language: PageLanguage) throws -> SitePage {
    let name = request.parameters["run"] ?? ""
    let state = try runs.state(name, runs.queue.snapshot)
    let overview = try? runs.library.overview(name)
    let samples = overview.map { runs.library.samples($0.folder) } ?? []
    let charts = overview.map { RunEndpoints.charts(of: $0.folder) } ?? []
    let log = runs.queue.logTail(of: name)
    let status = state.text("status")
    let steps = state["steps"]?.integerValue
    let api = "/api/v1" + Endpoint.encoded(["runs", name])
    let hasReport =
      overview.map { FileManager.default.fileExists(atPath: $0.folder.reportPath) } == true
    let board = overview.flatMap { tensorBoard(name, $0.folder, language) } ?? ""
    return SitePage(title: name, section: .runs) { address in
      var buttons = ""
      if status == "queued" || status == "running" {
        buttons +=
          "<button type=\"button\" class=\"button\" data-do=\"stop\">\(language("停止", "Stop"))</button>"
      }
      if status == "unfinished" {
        buttons +=
          "<button type=\"button\" class=\"button primary\" data-do=\"resume\">\(language("继续", "Resume"))</button>"
      }
      let pictures = samples.filter { $0.hasSuffix(".png") }.suffix(60).map { sample in
        let source = address(api + "samples" + Endpoint.encoded([sample]).dropLast())
        return
          "<figure data-name=\"\(Self.text(sample))\"><img src=\"\(Self.text(source))\" alt=\"\(Self.text(sample))\" "
          + "loading=\"lazy\"><figcaption>\(Self.text(sample))</figcaption></figure>"
      }
      let reportPath = Self.text(address(api + "report"))
      let report =
        hasReport
        ? "<section><h2>\(language("报告", "Report"))</h2><iframe class=\"report\" sandbox=\"allow-scripts\" "
          + "title=\"\(language("报告", "Report"))\" src=\"\(reportPath)\"></iframe></section>" : ""
      let failure = state["failure"]?.stringValue.map { "<p class=\"failed\">\(Self.text($0))</p>" }
      let claimTable = overview?.summary.map { summary in
        summary.claims.isEmpty
          ? ""
          : "<section><h2>\(language("论断", "Claims"))</h2>"
            + ClaimTable.html(
              summary.claims, language, statements: statements(summary.recipe, language))
            + "</section>"
      }
      let configuration =
        (overview?.configuration).flatMap { try? JSONValue(encoding: $0).text(pretty: true) }
      return """
        <div id="run" data-run="\(Self.text(name))" data-status="\(Self.text(status))">
        <div class="page-head"><h1>\(Self.text(name))</h1>
        <p>\(Self.status(state, language)) <span class="steps">\(Self.steps(state))</span></p></div>
        <progress\(steps == nil || status == "finished" ? " hidden" : "") max="\(steps ?? 1)" \
        value="\(state["step"]?.integerValue ?? 0)" data-steps="\(steps.map(String.init) ?? "")" \
        aria-label="\(language("进度", "Progress"))"></progress>
        \(failure ?? "")<div class="buttons">\(buttons)</div>
        \(claimTable ?? "")
        <section><h2>\(language("曲线", "Curves"))</h2><div id="charts" class="charts">\
        \(charts.joined())</div></section>
        <section\(pictures.isEmpty ? " hidden" : "")><h2>\(language("样本", "Samples"))</h2>\
        <div id="samples" class="samples">\(pictures.joined())</div></section>
        \(report)
        \(board)
        <section\(log.isEmpty ? " hidden" : "")><h2>\(language("日志", "Log"))</h2>\
        <pre id="log" class="log" tabindex="0">\(Self.text(log))</pre></section>
        \(configuration.map {
          "<details><summary>\(language("设置", "Configuration"))</summary><pre>\(Self.text($0))</pre></details>"
        } ?? "")
        </div>
        """
    }
  }

  /// Where the run's event files are looked at: in the TensorBoard that the site was told of, or by the command that shows
  /// them; nothing where the run has none.
  private func tensorBoard(
    _ name: String, _ run: RunFolder, _ language: PageLanguage
  ) -> String? {
    guard !run.eventPaths.isEmpty else { return nil }
    let content =
      if let board = runs.tensorBoard {
        "<p><a class=\"button\" href=\"\(Self.text(board))\" rel=\"noreferrer\">TensorBoard</a></p>"
          + "<p class=\"status\">\(language("在其中选 ", "Choose there: "))<code>\(Self.text(name))</code></p>"
      } else {
        "<p>\(language("它写有事件文件，用这条命令看：", "It writes event files, shown by:"))</p>"
          + "<pre>tensorboard --logdir \(Self.text(runs.library.folder))</pre>"
      }
    return "<section><h2>TensorBoard</h2>\(content)</section>"
  }

  @Sendable private func compare(
    _ request: SiteRequest, _ language: PageLanguage
  ) throws -> SitePage {
    let names = try RunEndpoints.compared(request)
    let found = try runs.comparison(names)
    return SitePage(title: language("比较", "Comparison"), section: .runs) { address in
      let heads = names.map {
        "<th><a href=\"\(Self.text(address(Self.path($0, language))))\">\(Self.text($0))</a></th>"
      }
      let rows = (found["differences"]?.arrayValue ?? []).map { row in
        "<tr><td>\(Self.text(row.text("setting")))</td>"
          + row.texts("values").map { "<td>\(Self.text($0))</td>" }.joined() + "</tr>"
      }
      return """
        <div class="page-head"><h1>\(language("比较", "Comparison"))</h1></div>
        <section><h2>\(language("不同的设置", "Settings that differ"))</h2><div class="scroll"><table><thead><tr><th></th>\
        \(heads.joined())</tr></thead><tbody>\(rows.joined())</tbody></table></div></section>
        <section><h2>\(language("曲线", "Curves"))</h2><div class="charts">\(found.texts("charts").joined())</div></section>
        """
    }
  }
}
