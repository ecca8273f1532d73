/// The style sheet and the script that every report carries inside.
enum ReportStyle {
  static let sheet = """
    :root {
      --page: #fcfcfb; --card: #ffffff; --ink: #1c1d1f; --soft: #5c6067; --faint: #8b9098;
      --rule: #e4e5e8; --grid: #ecedef; --base: #a6abb3; --accent: #1f5fa8;
      --good: #17693f; --good-back: #e2f3e9; --bad: #a32a20; --bad-back: #fbe7e4;
      --s1: #1f6fc0; --s2: #d9601a; --s3: #2b9163; --s4: #b33a82; --s5: #7a5bc7; --s6: #c29000;
      --s7: #1a97a8; --s8: #6b6f76;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #15171a; --card: #1b1e22; --ink: #e7e9ec; --soft: #a7adb6; --faint: #7d848e;
        --rule: #2d3137; --grid: #282c31; --base: #5a616b; --accent: #82b7ef;
        --good: #7fd6a6; --good-back: #17382a; --bad: #f2998f; --bad-back: #432220;
        --s1: #5aa5ee; --s2: #f28c4e; --s3: #55c492; --s4: #e077b5; --s5: #a992ee; --s6: #e3b93c;
        --s7: #4cc4d4; --s8: #a3a8b0;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans",
        "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
    }
    main { max-width: 960px; margin: 0 auto; padding: 56px 28px 96px; }
    header { border-bottom: 1px solid var(--rule); padding-bottom: 28px; }
    h1 { font-size: 32px; line-height: 1.22; margin: 0; font-weight: 650; letter-spacing: -0.012em;
      text-wrap: balance; }
    h2 { font-size: 20px; line-height: 1.3; margin: 48px 0 16px; font-weight: 630;
      letter-spacing: -0.005em; }
    h2 .count { font-size: 14px; font-weight: 400; color: var(--soft); letter-spacing: 0;
      margin-left: 8px; }
    p { margin: 0 0 14px; max-width: 70ch; text-wrap: pretty; white-space: pre-line; }
    .summary { font-size: 18px; color: var(--soft); margin: 12px 0 0; }
    .article { margin: 18px 0 0; font-size: 14px; color: var(--soft); max-width: none;
      display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; white-space: normal; }
    .label { font-size: 12px; color: var(--faint); text-transform: uppercase;
      letter-spacing: 0.07em; }
    time { color: var(--faint); font-variant-numeric: tabular-nums; }
    a { color: var(--accent); text-underline-offset: 3px; text-decoration-thickness: 1px; }
    code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono",
      "Noto Sans Mono CJK SC", monospace; font-size: 13px; }
    pre { background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
      padding: 14px 16px; margin: 0 0 16px; line-height: 1.5; white-space: pre-wrap;
      overflow-wrap: anywhere; }
    iframe { width: 100%; border: 1px solid var(--rule); border-radius: 8px; }
    .scroll { overflow-x: auto; margin: 0 0 20px; }
    table { border-collapse: collapse; font-size: 14px; line-height: 1.5; min-width: 40%; }
    table.claims { width: 100%; }
    .tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
      gap: 0 40px; align-items: start; }
    .tables table { width: 100%; }
    caption { text-align: left; color: var(--soft); padding-bottom: 8px; }
    th { text-align: left; font-weight: 500; color: var(--soft); font-size: 13px;
      padding: 6px 20px 8px 0; border-bottom: 1px solid var(--base); vertical-align: bottom;
      white-space: nowrap; }
    td { padding: 10px 20px 10px 0; border-bottom: 1px solid var(--rule); vertical-align: top;
      overflow-wrap: anywhere; }
    td:first-child { overflow-wrap: break-word; }
    td:last-child, th:last-child { padding-right: 0; }
    .figure { text-align: right; font-variant-numeric: tabular-nums; }
    td.figure { white-space: nowrap; }
    td.verdict { width: 1%; white-space: nowrap; }
    td.statement { width: 66%; min-width: 220px; }
    td.statement code { display: block; color: var(--faint); font-size: 12px; margin-top: 2px; }
    table.claims td.figure { white-space: normal; min-width: 88px; overflow-wrap: break-word; }
    .chip { display: inline-block; font-size: 12.5px; font-weight: 550; line-height: 1;
      padding: 5px 10px 6px; border-radius: 999px; }
    .holds { color: var(--good); background: var(--good-back); }
    .fails { color: var(--bad); background: var(--bad-back); }
    .holds::before { content: "✓ "; } .fails::before { content: "✗ "; }
    figure { margin: 0; }
    figure.chart { margin: 0 0 32px; min-width: 0; break-inside: avoid; }
    figure.chart figcaption { font-size: 15px; font-weight: 600; line-height: 1.4;
      margin-bottom: 8px; }
    .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr));
      gap: 8px 36px; align-items: start; }
    .note { font-size: 13.5px; color: var(--soft); margin: 8px 0 0; line-height: 1.5; }
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 8px;
      padding: 0; font-size: 13px; color: var(--soft); line-height: 1.5; }
    .legend i { display: inline-block; margin-right: 7px; background: var(--c); }
    .line-mark { width: 16px; height: 3px; border-radius: 2px; vertical-align: middle; }
    .bar-mark { width: 11px; height: 11px; border-radius: 3px; vertical-align: -1px; }
    .dot-mark { width: 9px; height: 9px; border-radius: 50%; vertical-align: 0; }
    .legend i.dashed { background: repeating-linear-gradient(90deg, var(--c) 0 5px,
      transparent 5px 8px); }
    .plot { position: relative; }
    svg { display: block; max-width: 100%; height: auto; overflow: visible; }
    svg text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums;
      font-family: inherit; }
    svg .axis-label { fill: var(--faint); }
    svg .strong { fill: var(--ink); }
    svg .value { font-size: 11px; fill: var(--soft); }
    svg .on-dark { font-size: 11px; fill: #ffffff; } svg .on-light { font-size: 11px; fill: #26282b; }
    svg .on-dark, svg .on-light { pointer-events: none; }
    .s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); }
    .s4 { --c: var(--s4); } .s5 { --c: var(--s5); } .s6 { --c: var(--s6); }
    .s7 { --c: var(--s7); } .s8 { --c: var(--s8); }
    .grid { stroke: var(--grid); stroke-width: 1; } .base { stroke: var(--base); stroke-width: 1; }
    .line { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round;
      stroke-linecap: round; }
    .line.dashed { stroke-dasharray: 6 4; }
    .faint { opacity: 0.24; stroke-width: 1.2; }
    .dot { fill: var(--c); fill-opacity: 0.72; }
    .dot.dashed { fill: none; stroke: var(--c); }
    .bar { fill: var(--c); } .bar.translucent { fill-opacity: 0.55; }
    .bar:hover { filter: brightness(1.12); }
    .cell { fill: transparent; } .cell:hover { stroke: var(--ink); stroke-width: 1.5; }
    .hover line { stroke: var(--base); stroke-dasharray: 3 3; }
    .hover circle { fill: var(--c); stroke: var(--page); stroke-width: 2; }
    #tip { position: fixed; z-index: 2; pointer-events: none; background: var(--card);
      color: var(--ink); border: 1px solid var(--rule); border-radius: 8px; padding: 7px 11px;
      font-size: 13px; line-height: 1.5; box-shadow: 0 4px 18px rgb(0 0 0 / 0.13);
      white-space: pre-line; font-variant-numeric: tabular-nums; max-width: 320px; }
    #tip[hidden] { display: none; }
    #tip i { display: inline-block; width: 9px; height: 9px; border-radius: 50%;
      background: var(--c); margin-right: 7px; }
    #tip b { font-weight: 600; }
    .images { display: flex; flex-wrap: wrap; gap: 20px 24px; margin: 0 0 24px; }
    .images img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
    .image { text-align: left; break-inside: avoid; max-width: 100%; }
    .image figcaption { font-size: 13px; color: var(--soft); margin-top: 6px; }
    details { margin-top: 48px; border-top: 1px solid var(--rule); padding-top: 20px; }
    summary { cursor: pointer; color: var(--soft); font-size: 14px; margin-bottom: 12px; }
    @media (max-width: 600px) {
      main { padding: 32px 18px 64px; } h1 { font-size: 26px; }
      .wide .plot { overflow-x: auto; } .wide svg[width="904"] { min-width: 640px; }
      td.statement { min-width: 150px; } th, td { padding-right: 12px; }
      table.claims td.figure { min-width: 0; }
    }
    @media print {
      :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --faint: #666; --rule: #ccc;
        --grid: #e6e6e6; --base: #888; --accent: #000; --s1: #1f6fc0; --s2: #d9601a; --s3: #2b9163;
        --s4: #b33a82; --s5: #7a5bc7; --s6: #a87c00; --s7: #1a97a8; --s8: #6b6f76;
        --good: #17693f; --good-back: #e2f3e9; --bad: #a32a20; --bad-back: #fbe7e4; }
      body { font-size: 11pt; } main { max-width: none; padding: 0; }
      h2, caption { break-after: avoid; } tr { break-inside: avoid; }
      .scroll { overflow: visible; }
      .chip, .bar, .legend i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """

  /// Shows the values under the pointer; without it a report says the same, only less readily.
  static let script = """
    (() => {
      const tip = document.getElementById("tip");
      const show = (event, nodes) => {
        tip.replaceChildren(...nodes);
        tip.hidden = false;
        const box = tip.getBoundingClientRect();
        const left = event.clientX + 16 + box.width > innerWidth
          ? event.clientX - 16 - box.width : event.clientX + 16;
        const top = event.clientY + 14 + box.height > innerHeight
          ? event.clientY - 14 - box.height : event.clientY + 14;
        tip.style.left = Math.max(4, left) + "px";
        tip.style.top = Math.max(4, top) + "px";
      };
      const hide = () => { tip.hidden = true; };
      const number = value => {
        if (value === null) return "–";
        const size = Math.abs(value);
        if (size !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(3);
        return value.toLocaleString("en", {maximumSignificantDigits: size >= 1e4 ? 7 : 4});
      };
      document.addEventListener("pointermove", event => {
        const text = event.target.dataset ? event.target.dataset.tip : undefined;
        if (text !== undefined) show(event, [document.createTextNode(text)]);
        else if (!event.target.closest || !event.target.closest("svg")) hide();
      });
      document.addEventListener("scroll", hide, {passive: true});
      for (const plot of document.querySelectorAll(".plot")) {
        const source = plot.querySelector("script");
        if (!source) continue;
        const data = JSON.parse(source.textContent);
        const svg = plot.querySelector("svg");
        const hover = svg.querySelector(".hover");
        const [left, top, width, height] = data.plot;
        const scale = ([low, high, isLog]) => isLog
          ? value => value > 0 ? Math.log(value / low) / Math.log(high / low) : NaN
          : value => value === null ? NaN : (value - low) / (high - low);
        const across = scale(data.x), up = scale(data.y);
        const place = (series, index) => [left + across(series.x[index]) * width,
          top + (1 - up(series.y[index])) * height];
        const make = (name, attributes) => {
          const node = document.createElementNS("http://www.w3.org/2000/svg", name);
          for (const key in attributes) node.setAttribute(key, attributes[key]);
          return node;
        };
        const clear = () => { hover.replaceChildren(); hide(); };
        svg.addEventListener("pointerleave", clear);
        svg.addEventListener("pointermove", event => {
          const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
          const x = (event.clientX - box.left) / box.width * view.width;
          const y = (event.clientY - box.top) / box.height * view.height;
          let found = [];
          data.series.forEach((series, number) => {
            let best = -1, least = Infinity;
            series.x.forEach((_, index) => {
              const [px, py] = place(series, index);
              if (isNaN(px) || isNaN(py)) return;
              const distance = data.scatter ? Math.hypot(px - x, py - y) : Math.abs(px - x);
              if (distance < least) { least = distance; best = index; }
            });
            if (best >= 0 && least < (data.scatter ? 20 : width / 8))
              found.push({series, number, index: best, distance: least});
          });
          if (!found.length || x < left - 12 || x > left + width + 12) return clear();
          const nearest = found.reduce((a, b) => b.distance < a.distance ? b : a);
          if (data.scatter) found = [nearest];
          const marks = [];
          if (!data.scatter) {
            const [px] = place(nearest.series, nearest.index);
            marks.push(make("line", {x1: px, x2: px, y1: top, y2: top + height}));
          }
          const title = document.createElement("div");
          const head = document.createElement("b");
          head.textContent = (data.label ? data.label + " " : "") +
            number(nearest.series.x[nearest.index]);
          title.append(head);
          const lines = [title];
          for (const {series, number: which, index} of found) {
            const color = "s" + (which % 8 + 1);
            const [px, py] = place(series, index);
            marks.push(make("circle", {cx: px, cy: py, r: 4.5, class: color}));
            const line = document.createElement("div"), dot = document.createElement("i");
            dot.className = color;
            line.append(dot, (series.name ? series.name + " " : "") + number(series.y[index]));
            lines.push(line);
          }
          hover.replaceChildren(...marks);
          show(event, lines);
        });
      }
    })();
    """
}
