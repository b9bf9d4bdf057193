// Live pages. The server says which topics changed; every element that shows one of them
// (`data-live="events event:…"`) is fetched again from the address it came from (`data-live-src`,
// or the page's own) and morphed in, which keeps focus, selection and half-typed text.
//
// A hidden tab neither listens nor fetches. Without a stream the page polls.

const STREAM = "/live";
const POLL_EVERY_MS = 5000;
// A nudge may be lost. What nobody nudged for so long is fetched anyway.
const STALE_AFTER_MS = 30000;
const MOVES_EVERY_MS = 1000;
const REFRESH_AT_MOST_EVERY_MS = 350;
const RECONNECT_FIRST_MS = 2000;
const RECONNECT_LAST_MS = 30000;

const refreshes = new WeakMap();
let source = null;
let reconnectTimer = 0;
let reconnectMs = RECONNECT_FIRST_MS;
let live = false;

function topicsOf(element) {
  return element.dataset.live.split(" ");
}

function concerns(element, news) {
  if (news.has("*")) return true;
  // `event:*` stands for more events than a message names.
  return topicsOf(element).some((topic) => news.has(topic) || news.has(topic.replace(/:.*/, ":*")));
}

function refreshAll(news) {
  for (const element of document.querySelectorAll("[data-live]")) {
    if (concerns(element, news)) refresh(element);
  }
}

function refreshStale() {
  const latest = performance.now() - STALE_AFTER_MS;
  for (const element of document.querySelectorAll("[data-live]")) {
    if ((refreshes.get(element)?.startedAt ?? -Infinity) < latest) refresh(element);
  }
}

// What moves by itself (`data-live-every`, in seconds) is fetched so often, nudged or not.
function refreshMoving() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[data-live-every]")) {
    const latest = performance.now() - element.dataset.liveEvery * 1000;
    if ((refreshes.get(element)?.startedAt ?? -Infinity) <= latest) refresh(element);
  }
}

function poll() {
  if (document.hidden) return;
  if (live) refreshStale();
  else refreshAll(new Set(["*"]));
}

// Never two fetches of an element at once, and at most three a second; what changes meanwhile is
// remembered as one more fetch, however much it was.
function refresh(element) {
  const state = refreshes.get(element) ?? { busy: false, again: false, startedAt: -Infinity };
  refreshes.set(element, state);
  if (state.busy) {
    state.again = true;
    return;
  }
  state.busy = true;
  const wait = Math.max(0, state.startedAt + REFRESH_AT_MOST_EVERY_MS - performance.now());
  setTimeout(() => run(element, state), wait);
}

async function run(element, state) {
  state.startedAt = performance.now();
  state.again = false;
  try {
    if (element.isConnected && !document.hidden) await fetchInto(element);
  } finally {
    state.busy = false;
    if (state.again) refresh(element);
  }
}

function addressOf(element) {
  return element.dataset.liveSrc ?? location.pathname + location.search;
}

// Whoever chose other filters meanwhile must not get back what the ones before find.
async function fetchInto(element) {
  const path = addressOf(element);
  const headers = { "X-Live-Refresh": "1" };
  const dropStale = (event) => {
    if (event.target === element && addressOf(element) !== path) event.preventDefault();
  };
  element.addEventListener("htmx:after:request", dropStale);
  try {
    await htmx.ajax("GET", path, { source: element, target: element, swap: "outerMorph", headers });
  } finally {
    element.removeEventListener("htmx:after:request", dropStale);
  }
}

function show(isLive) {
  live = isLive;
  for (const lamp of document.querySelectorAll("[data-live-lamp]")) {
    lamp.classList.toggle("lamp-clear", live);
    lamp.classList.toggle("lamp-caution", !live);
    const word = live ? "Live" : "Reconnecting";
    if (lamp.textContent !== word) lamp.textContent = word;
  }
}

function connect() {
  disconnect();
  source = new EventSource(STREAM);
  source.onopen = () => {
    reconnectMs = RECONNECT_FIRST_MS;
    show(true);
  };
  source.onmessage = (message) => refreshAll(new Set(JSON.parse(message.data).topics));
  source.onerror = () => {
    show(false);
    // The browser reconnects by itself, unless the answer was a refusal (too many streams, a
    // restart): then we do, ever more slowly.
    if (source.readyState === EventSource.CLOSED) reconnectLater();
  };
}

function reconnectLater() {
  clearTimeout(reconnectTimer);
  reconnectTimer = setTimeout(connect, reconnectMs * (0.75 + Math.random() / 2));
  reconnectMs = Math.min(reconnectMs * 2, RECONNECT_LAST_MS);
}

function disconnect() {
  clearTimeout(reconnectTimer);
  source?.close();
  source = null;
}

function followVisibility() {
  if (document.hidden) disconnect();
  else if (!source) connect();
}

if (document.querySelector("[data-live-lamp]")) {
  followVisibility();
  document.addEventListener("visibilitychange", followVisibility);
  // An open stream would keep the page out of the browser's back-forward cache.
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => event.persisted && followVisibility());
  setInterval(poll, POLL_EVERY_MS);
  setInterval(refreshMoving, MOVES_EVERY_MS);
}
