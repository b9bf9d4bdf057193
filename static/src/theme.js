// Light or dark. A classic script in the head, not a module: modules run after the first paint,
// and the page would flash in the other theme.
//
// The profile's theme stands in `data-theme` when the page comes (none: the system's). The switch
// is for this browser, and holds until the profile says something else than it did then.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const profile = root.dataset.theme ?? "system";

  function stored() {
    try {
      const [theme, over] = (localStorage.getItem("theme") ?? "").split(" ");
      return (over ?? "system") === profile ? theme : "";
    } catch {
      return ""; // storage is forbidden here: the choice lasts as long as the page
    }
  }

  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  }

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }

  show(stored());
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-switch]")) return;
    const theme = isDark() ? "light" : "dark";
    show(theme);
    try {
      localStorage.setItem("theme", `${theme} ${profile}`);
    } catch {
      // as above
    }
  });
  addEventListener("storage", (event) => {
    if (event.key === "theme") show(stored());
  });
})();
