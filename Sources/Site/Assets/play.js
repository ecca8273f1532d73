// Playgrounds: what an article is about, tried out. Each fills the elements `<div data-play="NAME">`.
"use strict";
(() => {
  const {say, address, get, post, make, curl, fail} = Danlu;
  const number = value => Math.abs(value) >= 1e4 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(2) : value.toLocaleString("en", {maximumSignificantDigits: 4});
  // A canvas knows no variables, and these differ between light and dark.
  const probe = document.body.appendChild(make("i", {hidden: true}));
  const color = name => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  let count = 0;

  // MARK: Parts of forms

  function field(label, input, help) {
    input.id ||= `play-${count += 1}`;
    return make("div", {className: "field"}, make("label", {htmlFor: input.id}, label), input,
      ...(help ? [make("small", {}, help)] : []));
  }

  const select = options => make("select", {}, ...options.map(([value, text]) => make("option", {value}, text ?? value)));

  function slider(label, min, max, step, value, change) {
    const input = make("input", {type: "range", min, max, step, value});
    const output = make("output", {}, number(Number(value)));
    const row = field(label, input);
    row.append(output);
    input.addEventListener("input", () => { output.textContent = number(Number(input.value)); change?.(); });
    return {row, input, get value() { return Number(input.value); },
      set value(next) { input.value = next; output.textContent = number(Number(input.value)); }};
  }

  const sliders = (...rows) => make("div", {className: "sliders"}, ...rows.map(one => one.row));

  // A form that calls the API: its button, its state, the command that does the same, a link that restores it.
  function caller(panel, {path, inputs, body, show, examples = [], label}) {
    const button = make("button", {className: "button primary"}, label ?? say("运行", "Run"));
    const status = make("span", {className: "status", role: "status"});
    const result = make("div", {className: "result"});
    const command = make("pre", {});
    const link = make("button", {type: "button", className: "button"}, say("分享链接", "Link to this"));
    const form = make("form", {}, ...inputs, make("div", {className: "buttons"}, button,
      ...examples.map(([name, fill]) => {
        const one = make("button", {type: "button", className: "button"}, name);
        one.addEventListener("click", () => { fill(); refresh(); form.requestSubmit(); });
        return one;
      }), link, status));
    let running;
    const controls = () => [...form.querySelectorAll("input, textarea, select")].filter(one => one.type !== "file");
    const refresh = () => { command.textContent = curl(path, body()); };
    link.addEventListener("click", async () => {
      const state = controls().map(one => one.type === "checkbox" ? one.checked : one.value);
      location.hash = `play=${encodeURIComponent(JSON.stringify(state))}`;
      try { await navigator.clipboard.writeText(location.href); } catch { /* It stands in the address. */ }
      link.textContent = say("已复制", "Copied");
      setTimeout(() => { link.textContent = say("分享链接", "Link to this"); }, 1500);
    });
    form.addEventListener("input", refresh);
    form.addEventListener("submit", async event => {
      event.preventDefault();
      running?.abort();
      const own = running = new AbortController();
      fail(panel, null);
      const began = performance.now();
      const clock = setInterval(() => {
        status.textContent = `${((performance.now() - began) / 1000).toFixed(1)} s …`;
      }, 100);
      panel.setAttribute("aria-busy", "true");
      try {
        const answer = await post(path, body(), {signal: own.signal});
        result.replaceChildren();
        await show(answer, result);
        status.textContent = `${((performance.now() - began) / 1000).toFixed(2)} s`;
      } catch (error) {
        if (error.name !== "AbortError") { fail(panel, error); status.textContent = ""; }
      } finally { clearInterval(clock); panel.removeAttribute("aria-busy"); }
    });
    panel.append(form, result, make("details", {}, make("summary", {}, say("同一调用的命令", "The same by command")),
      make("div", {className: "curl"}, command)));
    const kept = location.hash.match(/play=([^&]+)/);
    if (kept) {
      try {
        const state = JSON.parse(decodeURIComponent(kept[1]));
        controls().forEach((one, index) => {
          if (one.type === "checkbox") one.checked = state[index]; else one.value = state[index] ?? one.value;
        });
      } catch { /* An address that somebody has changed: the form stays as it is. */ }
    }
    refresh();
    return {form, refresh};
  }

  function table(columns, rows) {
    return make("div", {className: "scroll"}, make("table", {},
      make("thead", {}, make("tr", {}, ...columns.map(name => make("th", {}, String(name))))),
      make("tbody", {}, ...rows.map(row =>
        make("tr", {}, ...row.map(cell => make("td", {}, cell instanceof Node ? cell : String(cell ?? ""))))))));
  }

  // A canvas that fits its place and its screen; `draw(context, width, height)` in CSS pixels.
  function picture(height, draw, label) {
    const canvas = make("canvas", {tabIndex: 0});
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    const context = canvas.getContext("2d");
    const redraw = () => {
      const width = Math.max(200, canvas.parentElement?.clientWidth ?? 400), ratio = devicePixelRatio || 1;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      draw(context, width, height);
    };
    new ResizeObserver(redraw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new MutationObserver(redraw).observe(document.documentElement, {attributes: true, attributeFilter: ["data-theme"]});
    return {canvas, redraw};
  }

  // Curves over [low, high], with axes at zero.
  function curves(context, width, height, low, high, series, bottom, top) {
    const x = value => (value - low) / (high - low) * width;
    const y = value => height - (value - bottom) / (top - bottom) * height;
    context.strokeStyle = color("strong-rule");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, y(0)); context.lineTo(width, y(0));
    context.moveTo(x(0), 0); context.lineTo(x(0), height);
    context.stroke();
    series.forEach(({f, name, stroke, dash}) => {
      context.strokeStyle = color(stroke);
      context.lineWidth = 2;
      context.setLineDash(dash ?? []);
      context.beginPath();
      for (let pixel = 0; pixel <= width; pixel += 1) context.lineTo(pixel, y(f(low + pixel / width * (high - low))));
      context.stroke();
      context.setLineDash([]);
    });
    context.font = "13px system-ui, sans-serif";
    series.forEach(({name, stroke}, index) => {
      context.fillStyle = color(stroke);
      context.fillText(name, 10, 20 + 18 * index);
    });
  }

  // Normal numbers that are the same at every visit.
  function random(seed) {
    let state = seed >>> 0;
    const next = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return {next, normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())};
  }

  const playgrounds = {};

  // MARK: Text

  const texts = [
    [say("诗", "Verses"), "月满西楼人独倚，独倚西楼望月圆。天上月圆人间人半，人半月圆天上人间。西楼望月几回圆，月满西楼几回看。"],
    [say("电网", "Power grid"), "变压器接入电网后，电网公司检查变压器的油温。油温过高时变压器保护动作，电网公司派人更换变压器。新变压器投运后电网恢复供电，电网公司记录变压器油温。"],
  ];

  playgrounds.words = panel => {
    const text = make("textarea", {className: "prose", value: texts[1][1], maxLength: 100000, required: true});
    const method = select(["autonomy", "v5", "v4", "v3", "v2", "v1", "v0"].map(one => [one]));
    caller(panel, {
      path: "api/v1/words", inputs: [field(say("文本", "Text"), text), field(say("方法", "Method"), method)],
      body: () => ({text: text.value, method: method.value, count: 100}),
      examples: texts.map(([name, value]) => [name, () => { text.value = value; }]),
      show: async (answer, place) => {
        const words = answer.words.filter(one => one.count > 1);
        const cut = await post("api/v1/segment", {text: text.value, ...(answer.words.length ? {words: answer.words.map(one => one.word)} : {})});
        place.append(make("h3", {}, say("切开的文本", "The text, cut")),
          ...cut.lines.map(line => make("p", {className: "words"}, ...line.map(word => make("span", {}, word)))),
          make("h3", {}, say(`找到 ${answer.found} 个词`, `${answer.found} words found`)),
          table([say("词", "Word"), say("次数", "Count"), say("得分", "Score")],
            (words.length ? words : answer.words).map(one => [one.word, one.count, number(one.score)])));
      },
    });
  };

  playgrounds.similar = panel => {
    const word = make("input", {type: "text", value: say("天空", "sky"), maxLength: 100, required: true});
    caller(panel, {
      path: "api/v1/similar", inputs: [field(say("词", "Word"), word)],
      body: () => ({word: word.value, count: 20}),
      show: (answer, place) => place.append(table([say("词", "Word"), say("余弦", "Cosine"), ""],
        answer.neighbors.map(one => {
          const again = make("button", {type: "button", className: "link"}, one.word);
          again.addEventListener("click", () => { word.value = one.word; panel.querySelector("form").requestSubmit(); });
          return [again, number(one.similarity), make("meter", {min: 0, max: 1, value: Math.max(0, one.similarity)})];
        }))),
    });
  };

  playgrounds.communities = panel => {
    const triangles = Array.from({length: 9}, (_, k) => 3 * k + 1)
      .map(a => `${a} ${a + 1}\n${a} ${a + 2}\n${a + 1} ${a + 2}\n`).join("")
      + "2 4\n3 7\n6 8\n11 13\n12 16\n15 17\n20 22\n21 25\n24 26\n5 10 0.8\n9 19 0.8\n18 23 0.8\n";
    const friends = say(
      "刘备 关羽 5\n刘备 张飞 5\n关羽 张飞 4\n刘备 诸葛亮 4\n诸葛亮 赵云 2\n刘备 赵云 3\n曹操 荀彧 4\n曹操 郭嘉 4\n荀彧 郭嘉 3\n曹操 夏侯惇 4\n孙权 周瑜 4\n孙权 鲁肃 4\n周瑜 鲁肃 4\n孙权 陆逊 3\n诸葛亮 鲁肃 1\n曹操 刘备 1\n",
      "Ann Ben 5\nAnn Cleo 4\nBen Cleo 4\nDan Eve 5\nDan Finn 4\nEve Finn 4\nCleo Dan 1\nGus Hal 3\nHal Ida 3\nGus Ida 3\nIda Ann 1\n");
    const links = make("textarea", {value: friends, required: true});
    const directed = make("input", {type: "checkbox"});
    const trials = make("input", {type: "number", min: 1, max: 20, value: 3});
    caller(panel, {
      path: "api/v1/communities",
      inputs: [field(say("连边：起点 终点 [权重]", "Links: source target [weight]"), links),
        make("div", {className: "fields"}, field(say("有向", "Directed"), directed), field(say("搜索次数", "Searches"), trials))],
      body: () => ({links: links.value, directed: directed.checked, trials: Number(trials.value), map: true}),
      examples: [[say("人物", "People"), () => { links.value = friends; }], [say("三角形的三角形", "Triangles of triangles"), () => { links.value = triangles; }]],
      show: (answer, place) => place.append(
        make("p", {}, say(
          `${answer.nodes} 个节点，${answer.links} 条边；每步 ${number(answer.codelength)} 比特，不分模块时 ${number(answer.oneLevelCodelength)} 比特。`,
          `${answer.nodes} nodes, ${answer.links} links; ${number(answer.codelength)} bits a step, ${number(answer.oneLevelCodelength)} without modules.`)),
        ...(answer.map ? [make("iframe", {className: "map", src: address(answer.map), title: say("模块地图", "Map of the modules"), sandbox: "allow-scripts"})] : []),
        make("details", {}, make("summary", {}, say("全部节点", "All nodes")),
          table([say("模块", "Module"), say("节点", "Node"), say("流量", "Flow")],
            answer.tree.slice(0, 500).map(one => [one.path.slice(0, -1).join("."), one.name, number(one.flow)])))),
    });
  };

  // MARK: Models

  playgrounds.ask = panel => {
    const passages = make("textarea", {className: "prose", value: "1999年，长中通食品公司开业。长中通食品公司由徐志娜创办，设在安文溪市。\n海华通食品公司由张波伟创办。"});
    const question = make("input", {type: "text", value: "长中通食品公司是谁创办的？", maxLength: 200, required: true});
    caller(panel, {
      path: "api/v1/ask", label: say("提问", "Ask"),
      inputs: [field(say("材料，一行一段", "Passages, one a line"), passages, say("留空则读运行自带的材料", "Empty: those that the run has kept")),
        field(say("问题", "Question"), question)],
      body: () => {
        const lines = passages.value.split("\n").map(line => line.trim()).filter(Boolean);
        return {question: question.value, ...(lines.length ? {passages: lines} : {})};
      },
      show: (answer, place) => {
        place.append(make("p", {}, make("strong", {}, answer.answer ?? say("材料没有说", "The passages do not tell")),
          ` · ${number(answer.score)} · ${answer.model}`));
        place.append(table([say("票", "Vote"), say("材料", "Passage")], answer.votes.map(vote => {
          const letters = [...vote.passage];
          const text = make("span", {});
          if (vote.start === null) text.append(vote.passage);
          else text.append(letters.slice(0, vote.start).join(""), make("mark", {}, letters.slice(vote.start, vote.end).join("")), letters.slice(vote.end).join(""));
          return [number(vote.vote), text];
        })));
      },
    });
  };

  playgrounds.sql = panel => {
    const data = make("textarea", {required: true,
      value: "城市,人口（万）,省份\n甲城,620,东省\n乙城,310,东省\n丙城,880,西省\n丁城,95,西省\n"});
    const file = make("input", {type: "file", accept: ".csv,.tsv,text/csv"});
    file.addEventListener("change", async () => {
      const chosen = file.files[0];
      if (!chosen) return;
      if (chosen.size > 1e6) return fail(panel, new Error(say("文件至多 1 MB", "a file of at most 1 MB is taken")));
      const bytes = await chosen.arrayBuffer();
      try { data.value = new TextDecoder("utf-8", {fatal: true}).decode(bytes); } catch { data.value = new TextDecoder("gb18030").decode(bytes); }
      data.dispatchEvent(new Event("input", {bubbles: true}));
    });
    const question = make("input", {type: "text", value: "人口超过五百万的城市有哪些", maxLength: 200, required: true});
    caller(panel, {
      path: "api/v1/sql", label: say("提问", "Ask"),
      inputs: [field(say("表格（CSV）", "Table (CSV)"), data), field(say("或选一个文件", "Or a file"), file), field(say("问题", "Question"), question)],
      body: () => ({question: question.value, table: data.value}),
      examples: ["东省有几个城市", "人口最多的城市是哪个"].map(text => [text, () => { question.value = text; }]),
      show: (answer, place) => {
        place.append(make("pre", {}, answer.sql + (answer.values.length ? `\n-- ${answer.values.join(", ")}` : "")));
        place.append(make("ul", {}, ...answer.parts.map(part => make("li", {}, make("code", {}, part.sql), " ← ", part.words.join(" ") || say("整个问题", "the question as a whole")))));
        place.append(table(answer.columns, answer.rows));
        for (const note of answer.notes) place.append(make("p", {className: "note"}, note));
      },
    });
  };

  playgrounds.generate = async panel => {
    const {models} = await get("api/v1/models");
    const able = models.filter(one => one.kind === "images"), writers = models.filter(one => one.kind === "writer");
    if (!able.length && !writers.length) {
      panel.append(make("p", {}, say("还没有训练好的生成模型：先", "No trained generator is there yet: "),
        make("a", {href: address(say("runs/?recipe=o-gan", "en/runs/?recipe=o-gan"))}, say("运行一个配方", "run a recipe")), say("。", " first.")));
      return;
    }
    if (able.length) {
      const model = select(able.map(one => [one.name]));
      const first = slider(say("种子一", "First seed"), 0, 99, 1, 1), second = slider(say("种子二", "Second seed"), 0, 99, 1, 2);
      const share = slider(say("从一到二", "From one to two"), 0, 1, 0.01, 0);
      const latent = Array.from({length: 6}, (_, index) => slider(`z${index + 1}`, -3, 3, 0.1, 0));
      const uses = make("input", {type: "checkbox"});
      const image = make("img", {alt: say("生成的图像", "Generated images")});
      let mode = "one", isBusy = false, isStale = false;
      const body = () => ({model: model.value, seed: first.value,
        ...(mode === "grid" ? {count: 32} : mode === "path" ? {count: 8, to: second.value} : {to: second.value, share: share.value}),
        ...(uses.checked && mode === "one" ? {noise: latent.map(one => one.value)} : {})});
      const {form} = caller(panel, {
        path: "api/v1/generate", label: say("一张", "One image"), body,
        inputs: [field(say("模型", "Model"), model), sliders(first, second, share),
          field(say("直接拨动前六个隐变量", "Turn the first six latent numbers"), uses), sliders(...latent)],
        examples: [[say("采样一页", "A sheet of samples"), () => { mode = "grid"; }], [say("插值", "Interpolate"), () => { mode = "path"; }]],
        show: (answer, place) => { image.src = answer.image; place.append(make("div", {className: "samples"}, make("figure", {}, image, make("figcaption", {}, answer.model)))); isBusy = false; if (isStale) { isStale = false; form.requestSubmit(); } },
      });
      // The picture follows the sliders, one call at a time.
      form.addEventListener("input", () => {
        mode = "one";
        if (isBusy) { isStale = true; return; }
        isBusy = true;
        form.requestSubmit();
        setTimeout(() => { isBusy = false; }, 3000);
      });
      form.querySelector(".primary").addEventListener("click", () => { mode = "one"; });
    }
    if (writers.length) {
      const place = make("section", {}, make("h3", {}, say("按标签写", "Texts of a label")));
      panel.append(place);
      const model = select(writers.map(one => [one.name]));
      const label = make("input", {type: "text", value: writers[0].labels?.[0] ?? "", required: true});
      const seed = slider(say("种子", "Seed"), 0, 99, 1, 0), heat = slider(say("温度", "Temperature"), 0.2, 2, 0.1, 1);
      caller(place, {
        path: "api/v1/generate", label: say("写", "Write"), inputs: [field(say("模型", "Model"), model),
          field(say("标签", "Label"), label, writers[0].labels?.join("、")), sliders(seed, heat)],
        body: () => ({model: model.value, condition: label.value, seed: seed.value, temperature: heat.value, count: 2}),
        show: (answer, out) => out.append(...answer.texts.map(text => make("blockquote", {}, text))),
      });
    }
  };

  // MARK: Optimizers

  playgrounds.optimizers = panel => {
    const surfaces = {
      rosenbrock: {name: "Rosenbrock", low: [-2, -1], high: [2, 3], start: [-1.5, 2.2], goal: [1, 1],
        f: ([x, y]) => (1 - x) ** 2 + 10 * (y - x * x) ** 2,
        g: ([x, y]) => [-2 * (1 - x) - 40 * x * (y - x * x), 20 * (y - x * x)]},
      valley: {name: say("狭谷", "Narrow valley"), low: [-3, -2], high: [3, 2], start: [-2.6, 1.4], goal: [0, 0],
        f: ([x, y]) => 0.05 * x * x + y * y, g: ([x, y]) => [0.1 * x, 2 * y]},
      waves: {name: say("多峰", "Many minima"), low: [-3, -3], high: [3, 3], start: [-2.2, 2.3], goal: [0, 0],
        f: ([x, y]) => 0.3 * (x * x + y * y) + 1 - Math.cos(3 * x) * Math.cos(3 * y),
        g: ([x, y]) => [0.6 * x + 3 * Math.sin(3 * x) * Math.cos(3 * y), 0.6 * y + 3 * Math.cos(3 * x) * Math.sin(3 * y)]},
      saddle: {name: say("鞍点", "Saddle"), low: [-2, -2], high: [2, 2], start: [-1.6, 0.02], goal: null,
        f: ([x, y]) => x * x - y * y + 0.25 * y ** 4, g: ([x, y]) => [2 * x, -2 * y + y ** 3]},
    };
    const rules = {
      SGD: {rate: 0.02, step: (g, s) => g},
      Momentum: {rate: 0.01, step: (g, s) => { s.m = (s.m ?? [0, 0]).map((m, i) => 0.9 * m + g[i]); return s.m; }},
      AdaGrad: {rate: 0.3, step: (g, s) => { s.v = (s.v ?? [0, 0]).map((v, i) => v + g[i] ** 2); return g.map((x, i) => x / (Math.sqrt(s.v[i]) + 1e-8)); }},
      RMSProp: {rate: 0.02, step: (g, s) => { s.v = (s.v ?? [0, 0]).map((v, i) => 0.9 * v + 0.1 * g[i] ** 2); return g.map((x, i) => x / (Math.sqrt(s.v[i]) + 1e-8)); }},
      Adam: {rate: 0.05, step: (g, s) => {
        s.t = (s.t ?? 0) + 1;
        s.m = (s.m ?? [0, 0]).map((m, i) => 0.9 * m + 0.1 * g[i]);
        s.v = (s.v ?? [0, 0]).map((v, i) => 0.999 * v + 0.001 * g[i] ** 2);
        return s.m.map((m, i) => m / (1 - 0.9 ** s.t) / (Math.sqrt(s.v[i] / (1 - 0.999 ** s.t)) + 1e-8));
      }},
    };
    const surface = select(Object.entries(surfaces).map(([key, one]) => [key, one.name]));
    const scale = slider(say("学习率倍数", "Learning rates ×"), 0.1, 5, 0.1, 1);
    const play = make("button", {type: "button", className: "button primary"}, say("开始", "Race"));
    const reset = make("button", {type: "button", className: "button"}, say("重来", "Again"));
    const list = make("div", {});
    let racers = [], timer = null, steps = 0, background = null;
    const here = () => surfaces[surface.value];

    function begin() {
      steps = 0;
      racers = Object.entries(rules).map(([name, rule], index) => ({name, rule, stroke: `s${index + 1}`, at: [...here().start], path: [[...here().start]], state: {}}));
      show();
    }
    function advance() {
      for (const racer of racers) {
        const move = racer.rule.step(here().g(racer.at), racer.state);
        racer.at = racer.at.map((x, i) => Math.max(-50, Math.min(50, x - scale.value * racer.rule.rate * move[i])));
        racer.path.push([...racer.at]);
      }
      steps += 1;
    }
    const view = picture(380, (context, width, height) => {
      const {f, low, high, goal} = here();
      const x = value => (value - low[0]) / (high[0] - low[0]) * width, y = value => height - (value - low[1]) / (high[1] - low[1]) * height;
      const cell = 6, key = `${surface.value} ${width} ${color("ink")}`;
      if (background?.key !== key) {
        const values = [];
        for (let row = 0; row < height / cell; row += 1) for (let column = 0; column < width / cell; column += 1) {
          values.push([column, row, Math.log(1 + Math.max(0, f([low[0] + (column + 0.5) * cell / width * (high[0] - low[0]), high[1] - (row + 0.5) * cell / height * (high[1] - low[1])]) + 1))]);
        }
        const all = values.map(one => one[2]), least = Math.min(...all), most = Math.max(...all);
        background = {key, values: values.map(([column, row, value]) => [column, row, Math.floor(14 * (value - least) / (most - least)) / 14])};
      }
      context.fillStyle = color("ink");
      for (const [column, row, level] of background.values) {
        context.globalAlpha = 0.03 + 0.2 * level;
        context.fillRect(column * cell, row * cell, cell, cell);
      }
      context.globalAlpha = 1;
      if (goal) { context.strokeStyle = color("accent"); context.lineWidth = 2; context.beginPath(); context.arc(x(goal[0]), y(goal[1]), 7, 0, 7); context.stroke(); }
      for (const racer of racers) {
        context.strokeStyle = context.fillStyle = color(racer.stroke);
        context.lineWidth = 2;
        context.beginPath();
        for (const [px, py] of racer.path) context.lineTo(x(px), y(py));
        context.stroke();
        context.beginPath();
        context.arc(x(racer.at[0]), y(racer.at[1]), 5, 0, 7);
        context.fill();
      }
    }, say("等高面上的轨迹", "Paths on the surface"));
    function show() {
      view.redraw();
      list.replaceChildren(table([say("规则", "Rule"), say("现值", "Value"), say("学习率", "Rate")], racers.map(racer => {
        const mark = make("span", {}, make("i", {className: `dot-mark ${racer.stroke}`}), ` ${racer.name}`);
        mark.firstChild.setAttribute("style", "display:inline-block;background:var(--c)");
        return [mark, number(here().f(racer.at)), number(racer.rule.rate * scale.value)];
      })), make("p", {className: "status"}, say(`${steps} 步`, `${steps} steps`)));
    }
    function stop() { clearInterval(timer); timer = null; play.textContent = say("开始", "Race"); }
    play.addEventListener("click", () => {
      if (timer) return stop();
      if (steps >= 600) begin();
      play.textContent = say("暂停", "Pause");
      timer = setInterval(() => { advance(); advance(); show(); if (steps >= 600) stop(); }, 33);
    });
    reset.addEventListener("click", () => { stop(); begin(); });
    surface.addEventListener("change", () => { stop(); begin(); });
    view.canvas.addEventListener("click", event => {
      const box = view.canvas.getBoundingClientRect(), {low, high} = here();
      here().start = [low[0] + (event.clientX - box.left) / box.width * (high[0] - low[0]), high[1] - (event.clientY - box.top) / box.height * (high[1] - low[1])];
      stop(); begin();
    });
    panel.append(make("div", {className: "play"}, make("div", {}, view.canvas),
      make("div", {}, field(say("曲面", "Surface"), surface, say("点击图面改起点", "Click on it for another start")), sliders(scale), make("div", {className: "buttons"}, play, reset), list)));
    begin();
  };

  // MARK: Smooth functions

  playgrounds.smoothing = panel => {
    const sigmoid = x => 1 / (1 + Math.exp(-x));
    const kinds = {
      relu: {name: "max(x, 0) → ln(1 + exp(kx)) / k", hard: x => Math.max(x, 0), soft: (x, k) => x * k > 30 ? x : Math.log1p(Math.exp(k * x)) / k},
      swish: {name: "max(x, 0) → x σ(kx)", hard: x => Math.max(x, 0), soft: (x, k) => x * sigmoid(k * x)},
      abs: {name: "|x| → √(x² + 1/k²)", hard: Math.abs, soft: (x, k) => Math.sqrt(x * x + 1 / (k * k))},
      sign: {name: "sign(x) → tanh(kx)", hard: Math.sign, soft: (x, k) => Math.tanh(k * x)},
      step: {name: "θ(x) → σ(kx)", hard: x => x > 0 ? 1 : 0, soft: (x, k) => sigmoid(k * x)},
      max: {name: "max(x, 1 − x) → ln(exp(kx) + exp(k(1 − x))) / k", hard: x => Math.max(x, 1 - x),
        soft: (x, k) => { const m = Math.max(x, 1 - x); return m + Math.log(Math.exp(k * (x - m)) + Math.exp(k * (1 - x - m))) / k; }},
    };
    const kind = select(Object.entries(kinds).map(([key, one]) => [key, one.name]));
    const sharp = slider("k", 0.5, 20, 0.5, 2, () => update());
    const told = make("p", {className: "status"});
    const view = picture(320, (context, width, height) => {
      const {hard, soft} = kinds[kind.value];
      curves(context, width, height, -3, 3, [
        {f: hard, name: say("原函数", "the function"), stroke: "s8", dash: [6, 5]},
        {f: x => soft(x, sharp.value), name: say("光滑近似", "its smooth form"), stroke: "s2"},
        {f: x => (soft(x + 1e-4, sharp.value) - soft(x - 1e-4, sharp.value)) / 2e-4, name: say("导数", "derivative"), stroke: "s1"},
      ], -1.6, 3.2);
    }, say("函数与光滑近似", "A function and its smooth form"));
    function update() {
      view.redraw();
      let most = 0;
      for (let x = -3; x <= 3; x += 0.005) { if (Math.abs(x) > 1e-9) most = Math.max(most, Math.abs(kinds[kind.value].hard(x) - kinds[kind.value].soft(x, sharp.value))); }
      told.textContent = say(`[−3, 3] 上最大误差 ${number(most)}`, `largest error on [−3, 3]: ${number(most)}`);
    }
    kind.addEventListener("change", update);
    panel.append(make("div", {className: "play"}, make("div", {}, view.canvas), make("div", {}, field(say("函数", "Function"), kind), sliders(sharp), told)));
    update();
  };

  // MARK: Initialization

  playgrounds.initialization = panel => {
    const activations = {
      linear: x => x, relu: x => Math.max(0, x), tanh: Math.tanh, selu: x => 1.0507 * (x > 0 ? x : 1.67326 * (Math.exp(x) - 1)),
    };
    const kind = select(Object.keys(activations).map(one => [one]));
    const gain = slider(say("σ·√n（增益）", "σ·√n (gain)"), 0.2, 3, 0.01, 1, () => update());
    const width = 64, depth = 12;
    let deviations = [];
    const told = make("p", {className: "status"});
    const view = picture(300, (context, w, h) => {
      const bar = w / (depth + 1);
      context.font = "12px system-ui, sans-serif";
      deviations.forEach((value, index) => {
        const size = Math.max(-6, Math.min(6, Math.log10(Math.max(value, 1e-12))));
        context.fillStyle = color(Math.abs(size) > 1 ? "s2" : "s3");
        const middle = h / 2, length = size / 6 * (h / 2 - 24);
        context.fillRect((index + 0.15) * bar, Math.min(middle, middle - length), bar * 0.7, Math.max(2, Math.abs(length)));
        context.fillStyle = color("faint");
        context.fillText(String(index), (index + 0.35) * bar, h - 6);
      });
      context.strokeStyle = color("strong-rule");
      context.beginPath(); context.moveTo(0, h / 2); context.lineTo(w, h / 2); context.stroke();
      context.fillStyle = color("soft");
      context.fillText(say("10⁶ ↑ 各层输出的标准差 ↓ 10⁻⁶", "10⁶ ↑ standard deviation by layer ↓ 10⁻⁶"), 8, 16);
    }, say("各层标准差", "Deviation by layer"));
    function update() {
      const source = random(7), f = activations[kind.value], examples = 24;
      let states = Array.from({length: examples}, () => Array.from({length: width}, source.normal));
      const deviation = all => { const flat = all.flat(), mean = flat.reduce((a, b) => a + b, 0) / flat.length; return Math.sqrt(flat.reduce((a, b) => a + (b - mean) ** 2, 0) / flat.length); };
      deviations = [deviation(states)];
      for (let layer = 0; layer < depth; layer += 1) {
        const weights = Array.from({length: width}, () => Array.from({length: width}, () => source.normal() * gain.value / Math.sqrt(width)));
        states = states.map(x => weights.map(row => f(row.reduce((sum, w, i) => sum + w * x[i], 0))));
        deviations.push(deviation(states));
      }
      told.textContent = say(`第 ${depth} 层：${number(deviations[depth])}（输入 ${number(deviations[0])}）`, `layer ${depth}: ${number(deviations[depth])} (input ${number(deviations[0])})`);
      view.redraw();
    }
    const presets = [["Xavier", 1, "tanh"], ["He", Math.SQRT2, "relu"], ["LeCun + SELU", 1, "selu"]].map(([name, value, activation]) => {
      const button = make("button", {type: "button", className: "button"}, name);
      button.addEventListener("click", () => { gain.value = value; kind.value = activation; update(); });
      return button;
    });
    kind.addEventListener("change", update);
    panel.append(make("div", {className: "play"}, make("div", {}, view.canvas),
      make("div", {}, field(say("激活函数", "Activation"), kind), sliders(gain), make("div", {className: "buttons"}, ...presets), told)));
    update();
  };

  // MARK: Dropout

  playgrounds.dropout = panel => {
    const rate = slider(say("丢弃率 p", "rate p"), 0, 0.9, 0.05, 0.5, () => update());
    const seed = slider(say("种子", "seed"), 0, 50, 1, 0, () => update());
    const units = Array.from({length: 12 * 8}, (_, index) => Math.sin(index * 1.7) ** 2);
    const told = make("p", {});
    let mask = [];
    const view = picture(280, (context, width, height) => {
      const cell = Math.min(width / 12, height / 8);
      units.forEach((value, index) => {
        const x = (index % 12) * cell, y = Math.floor(index / 12) * cell;
        context.globalAlpha = mask[index] ? 0.25 + 0.75 * value : 1;
        context.fillStyle = mask[index] ? color("s1") : color("sunk");
        context.fillRect(x + 2, y + 2, cell - 4, cell - 4);
        context.globalAlpha = 1;
      });
    }, say("留下的单元", "Units that are kept"));
    function update() {
      const p = rate.value, source = random(seed.value + 1);
      mask = units.map(() => source.next() >= p);
      const kept = units.reduce((sum, value, index) => sum + (mask[index] ? value / (1 - p) : 0), 0);
      const whole = units.reduce((sum, value) => sum + value, 0);
      const deviation = Math.sqrt(units.reduce((sum, value) => sum + value * value * p / (1 - p), 0));
      told.textContent = say(
        `除以 1 − p 后的和 ${number(kept)}；不丢弃时 ${number(whole)}；期望相同，标准差 ${number(deviation)}。`,
        `Sum after division by 1 − p: ${number(kept)}; without dropout ${number(whole)}; the same on the mean, with deviation ${number(deviation)}.`);
      view.redraw();
    }
    panel.append(make("div", {className: "play"}, make("div", {}, view.canvas), make("div", {}, sliders(rate, seed), told)));
    update();
  };

  // MARK: The magic cube

  playgrounds.cube = panel => {
    const cube = [[[8, 24, 10], [12, 7, 23], [22, 11, 9]], [[15, 1, 26], [25, 14, 3], [2, 27, 13]], [[19, 17, 6], [5, 21, 16], [18, 4, 20]]];
    const lines = [];
    for (let a = 0; a < 3; a += 1) for (let b = 0; b < 3; b += 1) {
      lines.push([0, 1, 2].map(c => [a, b, c]), [0, 1, 2].map(c => [a, c, b]), [0, 1, 2].map(c => [c, a, b]));
    }
    for (const [x, y] of [[0, 0], [0, 1], [1, 0], [1, 1]]) lines.push([0, 1, 2].map(c => [c, x ? 2 - c : c, y ? 2 - c : c]));
    let turn = 0.6, tilt = 0.45, chosen = 0, drag = null;
    const told = make("p", {role: "status"});
    const view = picture(420, (context, width, height) => {
      const size = Math.min(width, height) * 0.23;
      const place = ([z, y, x]) => {
        const [px, py, pz] = [x - 1, y - 1, z - 1];
        const [rx, rz] = [px * Math.cos(turn) + pz * Math.sin(turn), -px * Math.sin(turn) + pz * Math.cos(turn)];
        const [ry, depth] = [py * Math.cos(tilt) - rz * Math.sin(tilt), py * Math.sin(tilt) + rz * Math.cos(tilt)];
        const near = 4 / (4 + depth);
        return {x: width / 2 + rx * size * near, y: height / 2 + ry * size * near, depth, near};
      };
      context.lineWidth = 1;
      context.strokeStyle = color("strong-rule");
      for (const line of lines.slice(0, 27)) {
        const [from, , to] = line.map(place);
        context.beginPath(); context.moveTo(from.x, from.y); context.lineTo(to.x, to.y); context.stroke();
      }
      const [from, , to] = lines[chosen].map(place);
      context.strokeStyle = color("accent");
      context.lineWidth = 3;
      context.beginPath(); context.moveTo(from.x, from.y); context.lineTo(to.x, to.y); context.stroke();
      const isChosen = at => lines[chosen].some(one => one.join() === at.join());
      const cells = [];
      for (let z = 0; z < 3; z += 1) for (let y = 0; y < 3; y += 1) for (let x = 0; x < 3; x += 1) cells.push({at: [z, y, x], ...place([z, y, x])});
      cells.sort((one, other) => other.depth - one.depth);
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (const cell of cells) {
        const radius = 18 * cell.near;
        context.fillStyle = isChosen(cell.at) ? color("accent") : color("card");
        context.strokeStyle = color("strong-rule");
        context.lineWidth = 1;
        context.beginPath(); context.arc(cell.x, cell.y, radius, 0, 7); context.fill(); context.stroke();
        context.fillStyle = isChosen(cell.at) ? color("page") : color("ink");
        context.font = `${Math.round(15 * cell.near)}px system-ui, sans-serif`;
        context.fillText(String(cube[cell.at[0]][cell.at[1]][cell.at[2]]), cell.x, cell.y + 1);
      }
    }, say("三阶幻立方，拖动转动", "A magic cube of order three; drag to turn"));
    function show() {
      const values = lines[chosen].map(([z, y, x]) => cube[z][y][x]);
      told.textContent = `${values.join(" + ")} = ${values.reduce((a, b) => a + b)}`;
      view.redraw();
    }
    view.canvas.addEventListener("pointerdown", event => { drag = [event.clientX, event.clientY]; view.canvas.setPointerCapture(event.pointerId); });
    view.canvas.addEventListener("pointermove", event => {
      if (!drag) return;
      turn += (event.clientX - drag[0]) / 120;
      tilt = Math.max(-1.5, Math.min(1.5, tilt - (event.clientY - drag[1]) / 120));
      drag = [event.clientX, event.clientY];
      view.redraw();
    });
    for (const name of ["pointerup", "pointercancel"]) view.canvas.addEventListener(name, () => { drag = null; });
    view.canvas.addEventListener("keydown", event => {
      const moves = {ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, 0.12], ArrowDown: [0, -0.12]};
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      turn += move[0];
      tilt = Math.max(-1.5, Math.min(1.5, tilt + move[1]));
      view.redraw();
    });
    const next = make("button", {type: "button", className: "button primary"}, say("下一条线", "Next line"));
    next.addEventListener("click", () => { chosen = (chosen + 1) % lines.length; show(); });
    panel.append(make("div", {className: "play"}, make("div", {}, view.canvas), make("div", {},
      make("p", {}, say("27 条行、列、柱与 4 条体对角线，每条三个数之和都是 42。拖动或用方向键转动。", "Of its 27 rows, columns and pillars and its 4 space diagonals each sums to 42. Drag, or turn it by the arrow keys.")),
      make("div", {className: "buttons"}, next), told)));
    show();
  };

  for (const panel of document.querySelectorAll("[data-play]")) {
    const build = playgrounds[panel.dataset.play];
    if (build) Promise.resolve(build(panel)).catch(error => fail(panel, error));
  }
})();
