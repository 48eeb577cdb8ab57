// SPDX-License-Identifier: GPL-3.0-or-later
// The page: logs in with the link's secret, then shows status and connections as they change. What
// comes from outside (names, command lines) is only ever set as text.

const TOKEN = "portreeve-token";
const MAX_ROWS = 500;
const STATUS_EVERY_MS = 5000;
const RETRY_MS = [1000, 2000, 5000, 10000];

const byId = (id) => document.getElementById(id);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// --- Speaking to the gateway ---------------------------------------------

class LoggedOut extends Error {}

async function problemOf(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

async function ask(path, headers = {}) {
  const token = sessionStorage.getItem(TOKEN);
  if (!token) throw new LoggedOut("");
  const response = await fetch(path, { headers: { Authorization: `Bearer ${token}`, ...headers } });
  if (response.status === 401) throw new LoggedOut(await problemOf(response));
  if (!response.ok) throw new Error(await problemOf(response));
  return response;
}

const askJson = async (path) => (await ask(path)).json();

async function logInFromLink() {
  const secret = location.hash.slice(1);
  if (location.pathname !== "/login" || !secret) return;
  history.replaceState(null, "", "/"); // the secret is in no bookmark and no history
  const response = await fetch("/api/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  if (!response.ok) throw new LoggedOut(await problemOf(response));
  sessionStorage.setItem(TOKEN, (await response.json()).token);
}

// --- Logged in or not -----------------------------------------------------

let loggedIn = false;

function showSignIn(reason) {
  loggedIn = false;
  sessionStorage.removeItem(TOKEN);
  byId("content").hidden = true;
  byId("sign-in").hidden = false;
  byId("sign-in-reason").textContent = reason;
  byId("sign-in-title").focus();
  showState("unknown", "not logged in");
}

function showContent() {
  loggedIn = true;
  byId("sign-in").hidden = true;
  byId("content").hidden = false;
}

// --- Status ---------------------------------------------------------------

function showState(state, words = state) {
  byId("state").dataset.state = state;
  setText(byId("state-word"), words);
  document.title = `portreeve – ${words}`;
}

function setText(target, text) {
  // Unchanged text is left alone: a screen reader would say it again.
  if (target.textContent !== text) target.textContent = text;
}

function factsOf(status) {
  const rules = status.rules;
  const queues = status.queues ?? [];
  const sum = (field) => queues.reduce((total, queue) => total + (queue[field] ?? 0), 0);
  const facts = [["Version", status.version]];
  if (rules) {
    facts.push(["Rules in force", `${rules.count} from ${rules.files} files`]);
    facts.push(["Otherwise", rules.default]);
  }
  if (rules?.confirm_by) facts.push(["Reverts unless confirmed by", clock(rules.confirm_by)]);
  if (queues.length) {
    facts.push(["Packets asked about", sum("seen").toLocaleString("en")]);
    facts.push(["Waiting", sum("waiting").toLocaleString("en")]);
    const lost = sum("overflowed") + sum("lost") + sum("timed_out");
    facts.push(["Dropped unjudged", lost.toLocaleString("en")]);
  }
  return facts;
}

function factItem([name, value]) {
  const item = element("div");
  item.append(element("dt", "", name), element("dd", "", value || "–"));
  return item;
}

function processItem(process) {
  const item = element("li");
  const state = element("span", "state", process.state);
  state.dataset.state = process.state;
  item.append(element("span", "", process.name), state);
  if (process.reason) item.append(element("span", "detail", process.reason));
  else if (process.pid) item.append(element("span", "detail", `pid ${process.pid}`));
  return item;
}

function showStatus(status) {
  showState(status.state);
  byId("status-reason").hidden = !status.reason;
  setText(byId("status-reason"), status.reason ?? "");
  byId("facts").replaceChildren(...factsOf(status).map(factItem));
  byId("processes").replaceChildren(...(status.processes ?? []).map(processItem));
  byId("not-seen").replaceChildren(...(status.not_seen ?? []).map((words) => element("li", "", words)));
}

async function keepStatus() {
  while (loggedIn) {
    if (!document.hidden) {
      try {
        showStatus(await askJson("/api/v1/status"));
      } catch (error) {
        if (error instanceof LoggedOut) return showSignIn(error.message);
        showState("unknown", "gateway not answering");
      }
    }
    await wait(STATUS_EVERY_MS);
  }
}

// --- Connections ----------------------------------------------------------

const connections = new Map(); // id → connection
const rowsById = new Map(); // id → <tr> in the table
let lastEvent = ""; // the id of the newest event of the stream
let paused = false;
let drawing = false;

function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "–" : date.toLocaleTimeString("en-GB");
}

function cell(className, main, sub) {
  const made = element("td", className);
  made.setAttribute("role", "cell");
  made.append(element("span", "main", main || "–"));
  if (sub) made.append(element("span", "sub", sub));
  return made;
}

function timeCell(connection) {
  const made = element("td", "time");
  made.setAttribute("role", "cell");
  const time = element("time", "", clock(connection.time));
  time.dateTime = connection.time ?? "";
  made.append(time);
  return made;
}

function programCell({ process = {} }) {
  const path = process.path ?? "";
  const name = process.name || path.split("/").pop() || (process.reason ? "unknown" : "");
  const detail = [path, process.unit, process.user].filter(Boolean).join(" · ") || process.reason;
  return cell("program", name, detail);
}

function verdictCell({ verdict = {} }) {
  const made = element("td", "verdict-cell");
  made.setAttribute("role", "cell");
  const badge = element("span", "verdict", verdict.action || "undecided");
  badge.dataset.verdict = verdict.action ?? "";
  made.append(badge);
  return made;
}

function remoteCell(connection) {
  const address = connection.remote?.address ?? "";
  return connection.domain ? cell("remote", connection.domain, address) : cell("remote", address);
}

function portOf(connection) {
  // The one that says what is spoken: ours for who comes in, theirs for who goes out.
  const end = connection.direction === "in" ? connection.local : connection.remote;
  return [end?.port || "", connection.protocol].filter(Boolean).join(" ");
}

function portCell(connection) {
  const made = element("td", "port", portOf(connection));
  made.setAttribute("role", "cell");
  return made;
}

function rowOf(connection) {
  const row = element("tr", connection.state === "ended" ? "ended" : "");
  row.setAttribute("role", "row");
  const direction = { out: "→ out", in: "← in" }[connection.direction] ?? connection.direction;
  const { verdict = {} } = connection;
  row.append(timeCell(connection), programCell(connection), cell("direction", direction),
    remoteCell(connection), portCell(connection), verdictCell(connection),
    cell("rule", verdict.rule, verdict.reason));
  return row;
}

function searchText(connection) {
  const { process = {}, verdict = {} } = connection;
  return [process.name, process.path, process.cmdline, process.user, process.unit, connection.domain,
    connection.remote?.address, portOf(connection), verdict.rule].join(" ").toLowerCase();
}

function matches(connection, wanted) {
  if (wanted.open && connection.state !== "open") return false;
  if (wanted.verdict && connection.verdict?.action !== wanted.verdict) return false;
  return wanted.words.every((word) => searchText(connection).includes(word));
}

function wantedNow() {
  return {
    words: byId("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean),
    verdict: byId("filter-verdict").value,
    open: byId("filter-open").checked,
  };
}

function remember(connection) {
  connections.set(connection.id, connection);
  rowsById.delete(connection.id); // drawn anew
  while (connections.size > MAX_ROWS) forget(Math.min(...connections.keys()));
  draw();
}

function forget(id) {
  connections.delete(id);
  rowsById.delete(id);
}

function draw() {
  if (paused || drawing) return;
  drawing = true;
  requestAnimationFrame(drawNow);
}

function drawNow() {
  drawing = false;
  const wanted = wantedNow();
  const shown = [...connections.values()].filter((one) => matches(one, wanted)).sort((a, b) => b.id - a.id);
  byId("rows").replaceChildren(...shown.map((one) => {
    if (!rowsById.has(one.id)) rowsById.set(one.id, rowOf(one));
    return rowsById.get(one.id);
  }));
  byId("empty").hidden = shown.length > 0;
  setText(byId("caption"), `Newest first; ${shown.length} of ${connections.size} shown.`);
}

// --- The live stream ------------------------------------------------------

const showLive = (words) => setText(byId("live"), words);

async function loadConnections() {
  const { connections: list } = await askJson(`/api/v1/connections?limit=${MAX_ROWS}`);
  connections.clear();
  rowsById.clear();
  list.forEach(remember);
  draw();
}

function parseEvent(block) {
  const event = { type: "message", data: "" };
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) event.id = line.slice(4);
    if (line.startsWith("event: ")) event.type = line.slice(7);
    if (line.startsWith("data: ")) event.data += line.slice(6);
  }
  return event;
}

async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    yield* blocks.map(parseEvent);
  }
}

async function followOnce() {
  const response = await ask("/api/v1/events", lastEvent ? { "Last-Event-ID": lastEvent } : {});
  showLive("live");
  for await (const event of eventsOf(response)) {
    // The whole is looked at once the stream runs, so that nothing falls between the two.
    if (event.type === "ready" && !lastEvent) await loadConnections();
    if (event.type === "missed") await loadConnections();
    if (event.type === "connection") remember(JSON.parse(event.data));
    if (event.id) lastEvent = event.id;
  }
}

async function keepFollowing() {
  for (let attempt = 0; loggedIn; attempt++) {
    const started = Date.now();
    try {
      await followOnce();
    } catch (error) {
      if (error instanceof LoggedOut) return showSignIn(error.message);
    }
    if (Date.now() - started > 30000) attempt = 0;
    showLive("not live, trying again");
    await wait(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
  }
}

// --- Start ----------------------------------------------------------------

function togglePause() {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  draw();
}

byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("filter").addEventListener("input", drawNow);
byId("pause").addEventListener("click", togglePause);

try {
  await logInFromLink();
  if (!sessionStorage.getItem(TOKEN)) throw new LoggedOut("");
  showContent();
  keepStatus();
  keepFollowing();
} catch (error) {
  showSignIn(error.message);
}
