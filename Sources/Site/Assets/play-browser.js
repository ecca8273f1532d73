// Playgrounds that compute in the browser.
"use strict";
(() => {
  const {say, make} = Danlu;
  const {number, color, field, select, slider, sliders, table, picture, curves, random, grounds} = Play;

  // MARK: Optimizers

  grounds.optimizers = panel => {
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

  grounds.smoothing = panel => {
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

  grounds.initialization = panel => {
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

  grounds.dropout = panel => {
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

  grounds.cube = panel => {
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
})();
