// What the pages of a server share: calls with the page's token, messages, and the pages of runs.
"use strict";
const Danlu = (() => {
  const root = document.documentElement;
  const isChinese = root.lang.startsWith("zh");
  const base = new URL(root.dataset.root, location.href);
  const say = (chinese, english) => isChinese ? chinese : english;
  const address = path => new URL(path.replace(/^\//, ""), base).href;
  let session;

  async function problem(response) {
    try { return (await response.json()).detail; } catch { return `${response.status} ${response.statusText}`; }
  }

  async function get(path) {
    const response = await fetch(address(path));
    if (!response.ok) throw new Error(await problem(response));
    return response.json();
  }

  // A token of an earlier start of the site is replaced once.
  async function send(path, body, options = {}) {
    for (let attempt = 0; ; attempt += 1) {
      // One that could not be got is asked for again.
      session ??= get("api/v1/session").then(answer => answer.token, error => { session = undefined; throw error; });
      const response = await fetch(address(path), {
        method: "POST", signal: options.signal, body: options.type ? body : JSON.stringify(body ?? {}),
        headers: {"Content-Type": options.type ?? "application/json", "X-Danlu-Token": await session},
      });
      if (response.status === 403 && attempt === 0) { session = undefined; continue; }
      if (!response.ok) throw new Error(await problem(response));
      return response;
    }
  }

  const post = async (path, body, options) => (await send(path, body, options)).json();

  // An answer that is told as it is made: `piece` gets what each event of that name holds; returns the answer.
  async function stream(path, body, piece, options) {
    const reader = (await send(path, body, options)).body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const {value, done} = await reader.read();
      if (done) throw new Error(say("回答中断了", "the answer broke off"));
      rest += value;
      const events = rest.split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const field = name => event.split("\n").filter(line => line.startsWith(`${name}: `)).map(line => line.slice(name.length + 2)).join("\n");
        if (!field("data")) continue;
        const data = JSON.parse(field("data"));
        if (field("event") === "piece") piece(data);
        if (field("event") === "problem") throw new Error(data.detail);
        if (field("event") === "answer") return data;
      }
    }
  }

  function make(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key in node && key !== "list" && key !== "form") node[key] = value; else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  // The command that does the same, with a button that copies it.
  function curl(path, body) {
    // A picture is too long to be read.
    const short = (key, value) => key === "picture" ? "data:image/png;base64,…" : value;
    const quoted = JSON.stringify(body, short).replaceAll("'", "'\\''");
    return `curl -${body.stream ? "N" : "s"} ${address(path)} -H 'Content-Type: application/json' -d '${quoted}'`;
  }

  function fail(place, error) {
    place.querySelector(".failed")?.remove();
    if (error) place.append(make("p", {className: "failed", role: "alert"}, error.message));
  }

  return {say, address, get, post, stream, make, curl, fail, isChinese};
})();

// Starting a recipe.
(() => {
  const form = document.getElementById("start");
  if (!form) return;
  const {say, get, post, make, curl, fail, address, isChinese} = Danlu;
  const select = form.querySelector("select[name=recipe]");
  const place = form.querySelector(".fields");
  const about = form.querySelector(".about");
  const command = form.querySelector(".curl pre");
  let recipes = [], names = [];

  function field(setting) {
    const id = `set-${setting.key}`;
    let input;
    if (setting.choices.length) {
      input = make("select", {id}, ...setting.choices.map(choice =>
        make("option", {value: choice, selected: choice === setting.value}, choice)));
    } else if (setting.expects.startsWith("true")) {
      input = make("select", {id}, ...["true", "false"].map(choice =>
        make("option", {value: choice, selected: choice === setting.value}, choice)));
    } else {
      input = make("input", {id, type: "number", value: setting.value});
      input.step = setting.expects.startsWith("an integer") ? "1" : "any";
      const range = setting.expects.match(/from (\S+) (?:to|up to but not including) (\S+)/);
      const least = setting.expects.match(/at least (\S+)/);
      if (range) { input.min = range[1]; input.max = range[2]; }
      if (least) input.min = least[1];
    }
    input.dataset.key = setting.key;
    input.dataset.standard = setting.value;
    return make("div", {className: "field"}, make("label", {htmlFor: id}, setting.key), input,
      make("small", {}, setting.help + (setting.choices.length ? "" : ` (${setting.expects})`)));
  }

  // A file or folder out of those that the site offers; nothing where the recipe takes none or none is offered.
  function choice(name, label, expects) {
    if (!expects || !names.length) return [];
    const id = `option-${name}`;
    const input = make("select", {id}, make("option", {value: ""}, say("自带的", "its own")), ...names.map(one => make("option", {value: one}, one)));
    input.dataset.option = name;
    return [make("div", {className: "field"}, make("label", {htmlFor: id}, label), input, make("small", {}, expects))];
  }

  function body() {
    const settings = {}, options = {};
    for (const input of place.querySelectorAll("[data-key]")) {
      if (input.value !== input.dataset.standard) settings[input.dataset.key] = input.value;
    }
    for (const input of place.querySelectorAll("[data-option]")) {
      if (input.value) options[input.dataset.option] = input.value;
    }
    return {recipe: select.value, settings, seed: Number(form.elements.seed.value), ...options};
  }

  const refresh = () => { command.textContent = curl("api/v1/runs", body()); };

  function show() {
    const recipe = recipes.find(one => one.name === select.value);
    if (!recipe) return;
    place.replaceChildren(...choice("data", "--data", recipe.ownData), ...choice("model", "--model", recipe.ownModel), ...recipe.settings.map(field));
    about.textContent = `${recipe.title} · ${recipe.duration} · ${recipe.summary}`;
    refresh();
  }

  Promise.all([get("api/v1/recipes"), get("api/v1/data")]).then(([answer, data]) => {
    recipes = answer.recipes;
    names = data.names;
    const wanted = new URLSearchParams(location.search).get("recipe");
    select.replaceChildren(...recipes.map(one =>
      make("option", {value: one.name, selected: one.name === wanted}, `${one.name} · ${one.title}`)));
    if (wanted) form.closest("details").open = true;
    show();
  }).catch(error => fail(form, error));
  select.addEventListener("change", show);
  form.addEventListener("input", refresh);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    fail(form, null);
    try {
      const run = await post("api/v1/runs", body());
      location.href = address(`${isChinese ? "" : "en/"}runs/${encodeURIComponent(run.run)}/`);
    } catch (error) { fail(form, error); }
  });
})();

// Choosing runs to compare; the list follows what runs.
(() => {
  const table = document.getElementById("runs");
  if (!table) return;
  const {get} = Danlu;
  const button = document.getElementById("compare");
  const chosen = () => [...table.querySelectorAll("input:checked")].map(box => box.value);
  table.addEventListener("change", () => { button.disabled = chosen().length < 2; });
  button.addEventListener("click", () => {
    location.href = `compare/?runs=${chosen().map(encodeURIComponent).join(",")}`;
  });
  const status = table.dataset.status;
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const {runs} = await get("api/v1/runs");
      const now = runs.map(run => `${run.run}:${run.status}:${run.position ?? ""}`).join(",");
      if (status !== now && !chosen().length && !document.querySelector("details[open] #start")) location.reload();
      for (const run of runs) {
        const cell = table.querySelector(`[data-run="${CSS.escape(run.run)}"] .steps`);
        if (cell && run.step !== undefined) cell.textContent = run.steps ? `${run.step} / ${run.steps}` : run.step;
      }
    } catch { /* The site is away; the next look may find it. */ }
  }, 2000);
})();

// A run that grows.
(() => {
  const page = document.getElementById("run");
  if (!page) return;
  const {say, get, post, make, fail, address} = Danlu;
  const name = page.dataset.run;
  const path = `api/v1/runs/${encodeURIComponent(name)}`;
  const words = {
    queued: say("排队", "queued"), running: say("运行中", "running"), finished: say("完成", "finished"),
    unfinished: say("中断", "interrupted"), damaged: say("损坏", "damaged"), failed: say("失败", "failed"),
  };

  for (const button of page.querySelectorAll("[data-do]")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      fail(page, null);
      try {
        await post(`${path}/${button.dataset.do}`);
        setTimeout(() => location.reload(), 600);
      } catch (error) { button.disabled = false; fail(page, error); }
    });
  }
  if (!["queued", "running"].includes(page.dataset.status)) return;

  // Drawn by the server, no more than a third of the time.
  function throttled(work) {
    let isWaiting = false, rest = 500;
    return () => {
      if (isWaiting) return;
      isWaiting = true;
      setTimeout(async () => {
        isWaiting = false;
        const began = performance.now();
        try { await work(); } catch { /* It comes with the next one. */ }
        rest = Math.max(500, 2 * (performance.now() - began));
      }, rest);
    };
  }
  const draw = throttled(async () => {
    const {charts} = await get(`${path}/curves`);
    document.getElementById("charts").innerHTML = charts.join("");
  });
  const tell = throttled(async () => {
    const run = await get(path);
    const log = document.getElementById("log");
    const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 20;
    log.textContent = run.log;
    log.closest("section").hidden = !run.log;
    if (isAtEnd) log.scrollTop = log.scrollHeight;
    const samples = document.getElementById("samples");
    const shown = new Set([...samples.querySelectorAll("figure")].map(figure => figure.dataset.name));
    for (const sample of run.samples.filter(one => one.endsWith(".png") && !shown.has(one))) {
      samples.append(make("figure", {"data-name": sample},
        make("img", {src: address(`${path}/samples/${encodeURIComponent(sample)}`), alt: sample, loading: "lazy"}),
        make("figcaption", {}, sample)));
    }
    samples.closest("section").hidden = !samples.children.length;
  });

  const status = page.querySelector(".state"), bar = page.querySelector("progress");
  const steps = page.querySelector(".steps");
  const source = new EventSource(address(`${path}/events`));
  source.addEventListener("metrics", event => {
    let record;
    try { record = JSON.parse(event.data); } catch { return; }
    const total = Number(bar.dataset.steps);
    steps.textContent = total ? `${record.step} / ${total}` : record.step;
    if (total) { bar.hidden = false; bar.max = total; bar.value = record.step; }
    draw();
  });
  source.addEventListener("restart", draw);
  source.addEventListener("state", event => {
    const state = JSON.parse(event.data);
    status.textContent = words[state.status] + (state.position ? ` · ${say("第", "place ")}${state.position}${say(" 位", "")}` : "");
    status.className = `state ${state.status}`;
    if (state.steps) bar.dataset.steps = state.steps;
    tell();
    if (!["queued", "running"].includes(state.status)) {
      source.close();
      // As it will be found from now on.
      setTimeout(() => location.reload(), 800);
    }
  });
  // A stream that was refused is not opened again by itself, as one that broke off is.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10_000);
  });
  setInterval(() => { if (!document.hidden) tell(); }, 5000);
})();
