// Times: the server writes the exact instant, this module says how long ago that is, and puts the
// exact one on hover. Zone and locale are the profile's (`data-zone`, `data-locale`), else the
// browser's. One switch a page shows exact times in UTC instead.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const root = document.documentElement.dataset;
const own = usable(root.zone, (timeZone) => ({ timeZone }));
const locale = usable(root.locale, () => ({}), root.locale);

let utc = storedUtc();
let exactly = formatter();

function storedUtc() {
  try {
    return localStorage.getItem("zone") === "utc";
  } catch {
    return false;
  }
}

// A zone or locale that this browser does not know counts as none: its own will do.
function usable(value, options, named) {
  try {
    if (value) new Intl.DateTimeFormat(named, options(value));
    return value || undefined;
  } catch {
    return undefined;
  }
}

function formatter() {
  const day = { year: "numeric", month: "short", day: "numeric" };
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" };
  const timeZone = utc ? "UTC" : own;
  const format = new Intl.DateTimeFormat(locale, { ...day, ...clock, timeZone });
  return (instant) => format.format(instant);
}

// An instant in a zone of its own (`data-in`), with that zone's offset, and with its second if it
// has one; without a name in the reader's own. A zone that this browser does not know leaves what
// the server wrote.
const zoned = new Map();

function inZone(zone) {
  if (!zoned.has(zone)) zoned.set(zone, zonedFormatter(zone));
  return zoned.get(zone);
}

function zonedFormatter(zone) {
  const day = { weekday: "short", year: "numeric", month: "short", day: "numeric" };
  const clock = { hour: "2-digit", minute: "2-digit", timeZoneName: "longOffset" };
  const known = usable(zone, (timeZone) => ({ timeZone }));
  if (zone && !known) return null;
  const timeZone = known ?? own;
  const toTheMinute = new Intl.DateTimeFormat(locale, { ...day, ...clock, timeZone });
  const toTheSecond = new Intl.DateTimeFormat(locale, { ...day, ...clock, second: "2-digit", timeZone });
  return (instant) => (instant % MINUTE === 0 ? toTheMinute : toTheSecond).format(instant);
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
    if ("in" in node.dataset) {
      const format = inZone(node.dataset.in);
      if (format) set(node, format(instant));
      continue;
    }
    const exact = exactly(instant);
    set(node, "exact" in node.dataset ? exact : relative(instant, now));
    if (node.title !== exact) node.title = exact;
  }
  for (const button of document.querySelectorAll("[data-zone-switch]")) {
    set(button, utc ? "UTC" : (own ?? "Local time"));
    const [here, other] = utc ? ["UTC", own ?? "your own zone"] : [own ?? "your own zone", "UTC"];
    button.title = `Exact times are in ${here}; show them in ${other}`;
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-zone-switch]")) return;
  utc = !utc;
  exactly = formatter();
  try {
    localStorage.setItem("zone", utc ? "utc" : "own");
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
