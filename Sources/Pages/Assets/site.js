// What makes reading easier where scripts run: theme, keys, copying, contents that follow the scroll.
(() => {
  const root = document.documentElement;
  for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;

  const isTyping = target => target.closest?.("input, textarea, select, [contenteditable]");
  const isChinese = root.lang.startsWith("zh");

  function toggleTheme() {
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* Only this page, then. */ }
  }

  async function copy(text, button) {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard without https or permission: the old way.
      const area = document.createElement("textarea");
      area.value = text;
      area.setAttribute("readonly", "");
      area.className = "visually-hidden";
      document.body.append(area);
      area.select();
      isCopied = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const before = button.dataset.label ?? (button.dataset.label = button.textContent);
    button.textContent = isCopied ? (isChinese ? "已复制" : "Copied")
      : (isChinese ? "复制不了，请选中后复制" : "Not allowed: select and copy it");
    setTimeout(() => { button.textContent = before; }, 1500);
  }

  // Of a session in a terminal only what one types.
  function codeOf(button) {
    const lines = button.parentElement.querySelector("pre").textContent.split("\n");
    const commands = lines.filter(line => line.startsWith("$ ")).map(line => line.slice(2));
    return (commands.length ? commands : lines).join("\n");
  }

  const keys = document.getElementById("keys");
  const actions = {
    theme: toggleTheme,
    help: () => keys.showModal(),
    print: () => print(),
    share: async button => {
      const address = location.href.split("#")[0];
      if (navigator.share) {
        try {
          return await navigator.share({title: document.title, url: address});
        } catch (error) {
          if (error.name === "AbortError") return;
        }
      }
      copy(address, button);
    },
    copy: button => copy(
      document.getElementById(button.dataset.target)?.textContent ?? codeOf(button), button),
  };
  document.addEventListener("click", event => {
    const button = event.target.closest("[data-action]");
    if (button && actions[button.dataset.action]) actions[button.dataset.action](button);
    if (event.target === keys) keys.close();
  });

  const tip = document.getElementById("tip");
  const hide = () => { tip.hidden = true; tip.classList.remove("preview"); };

  const follow = relation => {
    const link = document.querySelector(`link[rel=${relation}]`);
    if (link) location.href = link.href;
  };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") hide();
    if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
    if (isTyping(event.target) || keys.open) return;
    switch (event.key) {
      case "/":
        (document.querySelector("main input[type=search]") ?? document.querySelector(".find input")).focus();
        break;
      case "j": follow("next"); break;
      case "k": follow("prev"); break;
      case "t": toggleTheme(); break;
      case "?": keys.showModal(); break;
      default: return;
    }
    event.preventDefault();
  });

  // What a number of an equation or of a note stands for, beside the pointer.
  for (const link of document.querySelectorAll("a.reference, .footnote-mark a")) {
    const show = () => {
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      const content = target && (target.querySelector(".formula") ?? target.querySelector("p") ?? target);
      if (!content) return;
      const copy = content.cloneNode(true);
      for (const element of [copy, ...copy.querySelectorAll("[id], [tabindex]")]) {
        element.removeAttribute("id");
        element.removeAttribute("tabindex");
      }
      tip.replaceChildren(copy);
      tip.classList.add("preview");
      tip.hidden = false;
      const at = link.getBoundingClientRect(), box = tip.getBoundingClientRect();
      tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.width - 8))}px`;
      tip.style.top = at.bottom + box.height + 12 < innerHeight
        ? `${at.bottom + 8}px` : `${at.top - box.height - 8}px`;
    };
    link.addEventListener("pointerenter", show);
    link.addEventListener("focus", show);
    link.addEventListener("pointerleave", hide);
    link.addEventListener("blur", hide);
  }

  // The contents follow the scroll: the last heading above the upper third is the current one.
  const links = [...document.querySelectorAll(".contents a")];
  if (links.length) {
    const headings = links.map(link => document.getElementById(decodeURIComponent(link.hash.slice(1))));
    let waiting = false;
    const update = () => {
      waiting = false;
      let current = 0;
      headings.forEach((heading, index) => {
        if (heading && heading.getBoundingClientRect().top < innerHeight / 3) current = index;
      });
      links.forEach((link, index) => {
        if (index === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
    };
    addEventListener("scroll", () => {
      if (!waiting) { waiting = true; requestAnimationFrame(update); }
    }, {passive: true});
    update();
  }
})();
