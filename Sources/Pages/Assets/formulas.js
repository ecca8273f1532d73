// Where set-up could get MathJax: its SVG in the place of Danlu's MathML, once the page stands.
(() => {
  // MathJax does not know the page's numbers of equations; Danlu does.
  const formulas = [...document.querySelectorAll("[data-tex]")]
    .filter(box => !/\\(eq)?ref\b/.test(box.dataset.tex));
  if (!formulas.length) return;
  window.MathJax = {
    tex: {tags: "none"},
    options: {enableMenu: false},
    startup: {
      typeset: false,
      ready: () => {
        MathJax.startup.defaultReady();
        for (const box of formulas) {
          const isDisplayed = box.classList.contains("formula");
          MathJax.tex2svgPromise(box.dataset.tex, {display: isDisplayed}).then(node => {
            // A command that MathJax does not know either: what stands there is no worse.
            if (!node.querySelector("[data-mjx-error]")) box.replaceChildren(node);
          });
        }
        document.head.append(MathJax.svgStylesheet());
      },
    },
  };
  const script = document.createElement("script");
  script.src = `${document.documentElement.dataset.root}assets/tex-svg.js`;
  document.head.append(script);
})();
