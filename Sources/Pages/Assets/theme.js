// Before the first paint: the theme that the reader chose, if any (otherwise the system's).
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch { /* Storage may be forbidden; the system's theme stays. */ }
  document.documentElement.classList.add("scripted");
})();
