// Times: the server writes the exact instant, this module says how long ago that is, and puts the
// exact one on hover. One switch a page chooses the zone: the browser's own, or UTC.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let zone = storedZone();
let exactly = formatter(zone);

function storedZone() {
  try {
    return localStorage.getItem("zone") === "utc" ? "UTC" : undefined;
  } catch {
    return undefined;
  }
}

function formatter(timeZone) {
  const options = { timeZone, timeZoneName: "short", hourCycle: "h23" };
  const digits = { year: "numeric", month: "2-digit", day: "2-digit" };
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const format = new Intl.DateTimeFormat("en-GB", { ...options, ...digits, ...clock });
  return (instant) => {
    const part = Object.fromEntries(format.formatToParts(instant).map((p) => [p.type, p.value]));
    const day = `${part.year}-${part.month}-${part.day}`;
    return `${day} ${part.hour}:${part.minute}:${part.second} ${part.timeZoneName}`;
  };
}

function amount(milliseconds) {
  if (milliseconds < MINUTE) return `${Math.floor(milliseconds / SECOND)} s`;
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} d`;
}

export function relative(instant, now) {
  const ago = now - instant;
  // Clocks differ a little: what happened "in a moment" has just happened.
  if (Math.abs(ago) < 2 * SECOND) return "now";
  return ago > 0 ? `${amount(ago)} ago` : `in ${amount(-ago)}`;
}

function set(node, text) {
  // Only when it differs, so that a selection of it survives.
  if (node.textContent !== text) node.textContent = text;
}

export function showTimes() {
  const now = Date.now();
  for (const node of document.querySelectorAll("time[datetime]")) {
    const instant = Date.parse(node.dateTime);
    if (Number.isNaN(instant)) continue;
    const exact = exactly(instant);
    set(node, "exact" in node.dataset ? exact : relative(instant, now));
    if (node.title !== exact) node.title = exact;
  }
  for (const button of document.querySelectorAll("[data-zone-switch]")) {
    set(button, zone ?? "Local time");
    const other = zone ? "your own time zone" : "UTC";
    button.title = `Exact times are in ${zone ?? "your own time zone"}; show them in ${other}`;
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-zone-switch]")) return;
  zone = zone ? undefined : "UTC";
  exactly = formatter(zone);
  try {
    localStorage.setItem("zone", zone ? "utc" : "local");
  } catch {
    // storage is forbidden here: the choice lasts as long as the page
  }
  showTimes();
});

// Right after a swap and before it is painted, so that nobody sees the server's text.
document.addEventListener("htmx:before:settle", showTimes);
setInterval(() => document.hidden || showTimes(), SECOND);
document.addEventListener("visibilitychange", () => document.hidden || showTimes());
showTimes();
