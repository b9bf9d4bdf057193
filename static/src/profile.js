// The profile: says which zone and language the browser would choose, and lets a theme that is
// saved there win over one that this browser's switch had chosen.

function nameTheBrowsers() {
  const own = Intl.DateTimeFormat().resolvedOptions();
  const found = { zone: own.timeZone?.replaceAll("_", " "), locale: navigator.language };
  for (const [name, value] of Object.entries(found)) {
    const option = document.querySelector(`[data-profile] select[name="${name}"] option[value=""]`);
    const text = `The browser's (${value})`;
    if (option && value && option.textContent !== text) option.textContent = text;
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches?.("[data-profile]")) return;
  try {
    localStorage.removeItem("theme");
  } catch {
    // storage is forbidden here, so nothing was chosen
  }
});
document.addEventListener("htmx:before:settle", nameTheBrowsers);
nameTheBrowsers();
