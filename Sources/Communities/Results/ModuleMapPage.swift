/// The page of a module map, before its data is filled in.
enum ModuleMapPage {
  static let html = #"""
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>/*TITLE*/ – modules</title>
    <style>
    :root { color-scheme: light; font: 14px/1.45 system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; }
    body { margin: 0; display: flex; height: 100vh; color: #1d2733; background: #f6f8fb; }
    #side { width: 290px; flex: none; background: #fff; border-right: 1px solid #dde4ec; display: flex; flex-direction: column; }
    #head { padding: 14px 16px 10px; border-bottom: 1px solid #e8edf3; }
    h1 { font-size: 16px; margin: 0 0 6px; overflow-wrap: anywhere; }
    #facts { color: #5a6a7b; font-size: 12.5px; }
    #find { width: 100%; box-sizing: border-box; margin-top: 10px; padding: 6px 9px; border: 1px solid #cdd7e1; border-radius: 6px; font: inherit; }
    #list { overflow: auto; flex: 1; margin: 0; padding: 6px 0; list-style: none; }
    #list li { padding: 5px 16px; cursor: pointer; display: flex; gap: 8px; align-items: baseline; }
    #list li:hover { background: #eef4fb; }
    #list i { width: 10px; height: 10px; border-radius: 5px; flex: none; }
    #list b { font-weight: 500; flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    #list span { color: #6b7b8c; font-size: 12px; font-variant-numeric: tabular-nums; }
    #stage { position: relative; flex: 1; overflow: hidden; }
    canvas { position: absolute; inset: 0; width: 100%; height: 100%; cursor: grab; }
    #tip { position: absolute; pointer-events: none; background: #1d2733; color: #fff; padding: 6px 9px; border-radius: 6px; font-size: 12.5px; max-width: 300px; display: none; }
    #help { position: absolute; right: 12px; bottom: 10px; color: #7b8a99; font-size: 12px; background: #f6f8fbcc; padding: 2px 6px; border-radius: 4px; }
    #crumbs { position: absolute; left: 12px; top: 10px; font-size: 13px; background: #ffffffd9; padding: 3px 9px; border-radius: 6px; max-width: 80%; }
    #crumbs a { color: #24619c; cursor: pointer; }
    @media (max-width: 700px) { #side { display: none; } }
    </style>
    </head>
    <body>
    <div id="side"><div id="head"><h1></h1><div id="facts"></div><input id="find" type="search" placeholder="Find a module or node" aria-label="Find a module or node"></div><ul id="list"></ul></div>
    <div id="stage"><canvas></canvas><div id="crumbs"></div><div id="tip"></div><div id="help">scroll to zoom · drag to move · click a module to open it · Esc to go back</div></div>
    <script>
    "use strict";
    const facts = /*FACTS*/;
    const root = /*ROOT*/;
    const OPEN = 95, LABEL = 15;          // radii on screen from which a module opens, a label shows
    const canvas = document.querySelector("canvas"), ctx = canvas.getContext("2d");
    const stage = document.getElementById("stage"), tip = document.getElementById("tip");
    const percent = f => f >= 0.1 ? (100 * f).toFixed(1) + " %" : f >= 1e-4 ? (100 * f).toFixed(2) + " %" : (100 * f).toExponential(1) + " %";
    const number = n => n.toLocaleString("en");

    // Absolute places: each module's inside is a unit circle scaled into it.
    function prepare(inner, parent, x, y, r, hue, depth) {
      inner.nodes = inner.c.map((c, i) => {
        // Neighbors on the map are linked: many modules get their hue from where they lie.
        const h = depth === 0 ? (inner.c.length > 40 ? (Math.atan2(c[1], c[0]) * 57.2958 + 360 + ((i * 37) % 24) - 12) % 360 : (i * 137.508 + 210) % 360) : hue + ((i % 7) - 3) * 5;
        const n = { x: x + c[0] * r, y: y + c[1] * r, r: c[2] * r, flow: c[3], name: c[4], count: c[5], inner: c[6], parent, hue: h, depth, place: i };
        if (n.inner) prepare(n.inner, n, n.x, n.y, n.r * 0.93, h, depth + 1);
        return n;
      });
      const top = inner.l.length ? inner.l[0][2] : 1;
      inner.links = inner.l.map(l => ({ a: inner.nodes[l[0]], b: inner.nodes[l[1]], w: Math.sqrt(l[2] / top), flow: l[2] }));
    }
    prepare(root, null, 0, 0, 1, 0, 0);

    let size = { w: 1, h: 1 }, target = null, hover = null;
    function fit(n) {
      const r = n ? n.r : 1.02;
      return { x: n ? n.x : 0, y: n ? n.y : 0, k: 0.47 * Math.min(size.w, size.h) / r };
    }
    let view = fit(null);
    function resize() {
      const ratio = window.devicePixelRatio || 1, box = stage.getBoundingClientRect(), before = fit(null).k;
      // A frame that is not laid out yet has no size.
      size = { w: Math.max(1, box.width), h: Math.max(1, box.height) };
      view.k *= fit(null).k / before;
      canvas.width = Math.round(box.width * ratio); canvas.height = Math.round(box.height * ratio);
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw();
    }
    const sx = x => (x - view.x) * view.k + size.w / 2, sy = y => (y - view.y) * view.k + size.h / 2;

    function isOpen(n) { return n.inner && n.r * view.k > OPEN; }
    function isVisible(n) {
      const x = sx(n.x), y = sy(n.y), r = n.r * view.k;
      return x + r > 0 && x - r < size.w && y + r > 0 && y - r < size.h;
    }
    function drawLinks(inner, hue) {
      const scale = inner === root ? 1 : 0.7;
      const many = inner.links.length;
      ctx.lineCap = "round";
      for (let i = many - 1; i >= 0; i--) {
        const l = inner.links[i];
        const lit = hover && (l.a === hover || l.b === hover);
        const w = Math.max(0.35, l.w * 7 * scale * Math.min(1, 12 / Math.sqrt(inner.nodes.length) + 0.25));
        if (!lit && i > 700 && w * view.k < size.h * 0.3) continue;
        const ax = sx(l.a.x), ay = sy(l.a.y), bx = sx(l.b.x), by = sy(l.b.y);
        if (Math.max(ax, bx) < 0 || Math.min(ax, bx) > size.w || Math.max(ay, by) < 0 || Math.min(ay, by) > size.h) continue;
        ctx.strokeStyle = lit ? "rgba(214,69,33,0.9)" : `rgba(70,92,120,${0.12 + 0.4 * l.w})`;
        ctx.lineWidth = lit ? w + 1 : w;
        const bend = 0.12;
        ctx.beginPath(); ctx.moveTo(ax, ay);
        ctx.quadraticCurveTo((ax + bx) / 2 + (by - ay) * bend, (ay + by) / 2 - (bx - ax) * bend, bx, by);
        ctx.stroke();
      }
    }
    function label(n, x, y, r) {
      const words = n.inner ? n.name.split(" · ") : [n.name];
      const px = Math.max(9, Math.min(20, r / 3));
      ctx.font = `500 ${px}px system-ui, "Noto Sans CJK SC", sans-serif`;
      ctx.textAlign = "center"; ctx.textBaseline = "middle";
      let lines = words.slice(0, r > 34 ? 3 : r > 24 ? 2 : 1).map(t => clip(t, 1.75 * r));
      if (n.inner && r > 40) lines.push(percent(n.flow));
      const step = px * 1.18;
      lines.forEach((t, i) => {
        ctx.fillStyle = n.inner && i === lines.length - 1 && r > 40 ? "rgba(20,32,46,.62)" : "#14202e";
        ctx.fillText(t, x, y + (i - (lines.length - 1) / 2) * step);
      });
    }
    function clip(text, width) {
      if (ctx.measureText(text).width <= width) return text;
      let s = text;
      while (s.length > 1 && ctx.measureText(s + "…").width > width) s = s.slice(0, -1);
      return s.length > 1 ? s + "…" : "";
    }
    function drawInner(inner) {
      drawLinks(inner);
      const labels = [];
      for (const n of inner.nodes) {
        if (!isVisible(n)) continue;
        const x = sx(n.x), y = sy(n.y), r = n.r * view.k, open = isOpen(n);
        ctx.beginPath(); ctx.arc(x, y, Math.max(0.6, r), 0, 7);
        ctx.fillStyle = open ? `hsl(${n.hue} 60% 97%)` : n.inner ? `hsl(${n.hue} 62% ${n.depth ? 80 : 76}%)` : `hsl(${n.hue} 55% 84%)`;
        ctx.fill();
        if (r > 2) {
          ctx.lineWidth = n === hover ? 2.5 : open ? 1.6 : 1;
          ctx.strokeStyle = n === hover ? "#d64521" : `hsl(${n.hue} 45% ${n.inner ? 45 : 60}%)`;
          ctx.stroke();
        }
        if (open) {
          drawInner(n.inner);
          if (n.inner.h && r > 150) {
            ctx.font = "12px system-ui, sans-serif"; ctx.textAlign = "center"; ctx.fillStyle = "#5a6a7b";
            ctx.fillText(`and ${number(n.inner.h)} more with less flow`, x, y + r - 10);
          }
        } else if (r > LABEL) labels.push([n, x, y, r]);
      }
      for (const l of labels) label(...l);
    }
    let waiting = false;
    function draw() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; paint(); });
    }
    function paint() {
      ctx.clearRect(0, 0, size.w, size.h);
      drawInner(root);
      crumbs();
    }
    function at(px, py) {
      const x = (px - size.w / 2) / view.k + view.x, y = (py - size.h / 2) / view.k + view.y;
      let inner = root, found = null;
      for (;;) {
        const n = inner.nodes.find(n => (n.x - x) ** 2 + (n.y - y) ** 2 < n.r * n.r);
        if (!n) return found;
        found = n;
        if (!isOpen(n)) return found;
        inner = n.inner;
      }
    }
    function centered() {
      let inner = root, found = null;
      for (;;) {
        const n = inner.nodes.find(n => n.inner && n.r * view.k > 0.3 * Math.min(size.w, size.h) && (n.x - view.x) ** 2 + (n.y - view.y) ** 2 < n.r * n.r);
        if (!n) return found;
        found = n; inner = n.inner;
      }
    }
    function crumbs() {
      const box = document.getElementById("crumbs"), path = [];
      for (let n = centered(); n; n = n.parent) path.unshift(n);
      box.textContent = "";
      const link = (text, n) => { const a = document.createElement("a"); a.textContent = text; a.onclick = () => zoom(n); return a; };
      box.append(link("all modules", null));
      for (const n of path) box.append(" › ", link(n.name.length > 40 ? n.name.slice(0, 40) + "…" : n.name, n));
    }
    function zoom(n) {
      const from = { ...view }, to = fit(n), start = performance.now();
      target = n;
      (function frame(now) {
        const t = Math.min(1, (now - start) / 450), e = t * t * (3 - 2 * t);
        const k = from.k * Math.pow(to.k / from.k, e);
        const s = to.k === from.k ? e : (k - from.k) / (to.k - from.k) * to.k / k;
        view = { x: from.x + (to.x - from.x) * s, y: from.y + (to.y - from.y) * s, k };
        paint();
        if (t < 1) requestAnimationFrame(frame);
      })(start);
    }
    canvas.addEventListener("wheel", e => {
      e.preventDefault();
      const f = Math.exp(-e.deltaY * 0.0016), x = e.offsetX - size.w / 2, y = e.offsetY - size.h / 2;
      view.x += x / view.k - x / (view.k * f); view.y += y / view.k - y / (view.k * f); view.k *= f;
      draw();
    }, { passive: false });
    let drag = null;
    canvas.addEventListener("pointerdown", e => { drag = { x: e.offsetX, y: e.offsetY, moved: 0 }; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener("pointermove", e => {
      if (drag) {
        const dx = e.offsetX - drag.x, dy = e.offsetY - drag.y;
        drag.moved += Math.abs(dx) + Math.abs(dy); drag.x = e.offsetX; drag.y = e.offsetY;
        view.x -= dx / view.k; view.y -= dy / view.k; draw(); return;
      }
      const n = at(e.offsetX, e.offsetY);
      if (n !== hover) { hover = n; draw(); }
      if (!n) { tip.style.display = "none"; return; }
      tip.textContent = n.inner ? `${n.name} – ${number(n.count)} nodes, ${percent(n.flow)} of the flow` : `${n.name} – ${percent(n.flow)} of the flow`;
      tip.style.display = "block";
      tip.style.left = Math.min(e.offsetX + 14, size.w - 310) + "px"; tip.style.top = e.offsetY + 14 + "px";
    });
    canvas.addEventListener("pointerup", e => {
      const click = drag && drag.moved < 5; drag = null;
      if (!click) return;
      let n = at(e.offsetX, e.offsetY);
      if (n && !n.inner) n = n.parent;
      zoom(n);
    });
    addEventListener("keydown", e => { if (e.key === "Escape") { const n = centered(); zoom(n && n.parent); } });
    addEventListener("resize", resize);

    document.querySelector("h1").textContent = facts.title;
    document.getElementById("facts").innerHTML =
      `${number(facts.nodes)} nodes, ${number(facts.links)} links${facts.directed ? ", directed" : ""}<br>` +
      `${number(facts.modules)} modules, ${facts.levels} levels<br>` +
      `${facts.codelength.toFixed(4)} bits a step; without modules ${facts.oneLevel.toFixed(4)}`;
    const list = document.getElementById("list");
    function fill(query) {
      list.textContent = "";
      const hits = [], q = query.trim().toLowerCase();
      (function walk(inner) {
        for (const n of inner.nodes) {
          if (hits.length >= 200) return;
          if (q ? n.name.toLowerCase().includes(q) : true) hits.push(n);
          if (q && n.inner) walk(n.inner);
        }
      })(root);
      for (const n of hits) {
        const li = document.createElement("li"), dot = document.createElement("i"), b = document.createElement("b"), s = document.createElement("span");
        dot.style.background = `hsl(${n.hue} 60% 65%)`; b.textContent = n.name; s.textContent = percent(n.flow);
        li.append(dot, b, s); li.onclick = () => zoom(n.inner ? n : n.parent); list.append(li);
      }
    }
    document.getElementById("find").addEventListener("input", e => fill(e.target.value));
    fill("");
    resize();
    // A module can be named in the address: map.html#2 opens the second, #2:1 the first inside it.
    if (location.hash.length > 1) {
      let n = null, inner = root;
      for (const part of location.hash.slice(1).split(":")) {
        const next = inner && inner.nodes[part - 1];
        if (!next || !next.inner) break;
        n = next; inner = n.inner;
      }
      if (n) { view = fit(n); paint(); }
    }
    </script>
    </body>
    </html>
    """#
}
