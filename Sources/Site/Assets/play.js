// What playgrounds are made of: forms that call the API, sliders, tables, pictures. The scripts that follow this one add
// them to `Play.grounds`; each fills the elements `<div data-play="NAME">`.
"use strict";
const Play = (() => {
  const {say, post, stream, make, curl, fail} = Danlu;
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

  // A form that calls the API: its button, its state, the command that does the same, a link that restores it. With `grow`
  // the answer is streamed, and what it holds so far is shown.
  function caller(panel, {path, inputs, body, show, grow, examples = [], label}) {
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
        if (grow) result.replaceChildren();
        const answer = grow
          ? await stream(path, body(), piece => grow(piece, result), {signal: own.signal})
          : await post(path, body(), {signal: own.signal});
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

  const grounds = {};
  document.addEventListener("DOMContentLoaded", () => {
    for (const panel of document.querySelectorAll("[data-play]")) {
      const build = grounds[panel.dataset.play];
      // Also what a playground throws before it waits for anything is shown.
      if (build) Promise.resolve(panel).then(build).catch(error => fail(panel, error));
    }
  });

  return {number, color, field, select, slider, sliders, caller, table, picture, curves, random, grounds};
})();
