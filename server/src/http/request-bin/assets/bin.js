// The page also works without this script, by reloading.

// A rejected form is the response to a POST. Without this, Back and reload would ask whether to send it again.
const binLink = document.getElementById("back-to-bin");
if (binLink) history.replaceState(history.state, "", binLink.href);

const list = document.getElementById("requests");
const stream = list?.dataset.stream;
const shownMax = 200;

/** Formats times as the Admin Portal does: "15:42:10.123", in the provider's time zone. */
function timeFormat(options) {
  const { timeZone = "UTC" } = document.documentElement.dataset;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }); // the browser does not know the zone
  }
}

const date = { day: "numeric", month: "short", year: "numeric" };
const toMinutes = { hour: "2-digit", minute: "2-digit" };
const dayFormat = timeFormat(date);
const minuteFormat = timeFormat(toMinutes);
const millisecondFormat = timeFormat({ ...toMinutes, second: "2-digit", fractionalSecondDigits: 3 });
const exactFormat = timeFormat({ ...date, ...toMinutes, second: "2-digit", timeZoneName: "short" });

/** The day that the shown times are of, unless they name another. */
let today = dayFormat.format(new Date());

/** Names the day of yesterday's times on a page that stays open over midnight. */
setInterval(() => {
  if (today === dayFormat.format(new Date())) return;
  today = dayFormat.format(new Date());
  showTimes(document);
}, 1000);

function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const isToday = dayFormat.format(at) === today;
    const clock = ("toMinutes" in time.dataset ? minuteFormat : millisecondFormat).format(at);
    time.textContent = isToday ? clock : `${dayFormat.format(at)}, ${clock}`;
    time.title = exactFormat.format(at);
  }
  for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  button.dataset.label ??= button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    source.closest("details")?.setAttribute("open", "");
    getSelection()?.selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = button.dataset.label), 1500);
}

/** Inserts markup from our server, which escapes all received text. Scripts in inserted markup do not run either. */
function show(number, html) {
  if (document.getElementById(`request-${number}`)) return;
  list.insertAdjacentHTML("afterbegin", html);
  const added = list.firstElementChild;
  added.classList.add("new");
  prepare(added);
  list.dataset.last = String(number);
  document.getElementById("waiting").hidden = true;
  document.getElementById("caught").hidden = false;
  const count = number.toLocaleString("en");
  document.getElementById("count").textContent = count;
  document.title = `(${count}) Request bin | Bellwire`;
  collapseOlder();
  if (list.childElementCount > shownMax) removeOldest();
}

/** As many as on a page that is loaded. */
const openMax = 3;

/** Closes older requests below the visible part, so that the list of a live page stays short, except those that the user works with. */
function collapseOlder() {
  for (const details of [...list.querySelectorAll(".request > details[open]")].slice(openMax)) {
    const isUsed = "used" in details.parentElement.dataset || details.contains(document.activeElement);
    if (!isUsed && details.getBoundingClientRect().top > innerHeight) details.open = false;
  }
}

/** Removes requests beyond the maximum and points "Older" at the first removed one. */
function removeOldest() {
  while (list.childElementCount > shownMax) list.lastElementChild.remove();
  const older = document.getElementById("older");
  const link = older.querySelector("a");
  const query = new URLSearchParams(link.search);
  query.set("before", list.lastElementChild.dataset.number);
  link.search = query.toString();
  older.hidden = false;
}

/** Prepares markup of requests that was added to the page. */
function prepare(root) {
  showTimes(root);
  for (const request of root.matches?.(".request") ? [root] : root.querySelectorAll(".request")) {
    if ("underWay" in request.dataset) void awaitForward(request);
  }
}

/** Shows the request again until it was forwarded, for at most a minute. */
async function awaitForward(request, tries = 30) {
  await new Promise((resolve) => setTimeout(resolve, tries > 25 ? 300 : 2000));
  if (!request.isConnected || tries === 0) return;
  const { number } = request.dataset;
  const response = await fetch(list.dataset.request.replace("NUMBER", number)).catch(() => undefined);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".request");
  if ("underWay" in fresh.dataset) return awaitForward(request, tries - 1);
  replace(request, fresh);
}

/** Replaces a request by its newer state. It and its parts stay open or closed, it stays selected or not, and a typed URL stays. */
function replace(request, fresh) {
  fresh.querySelector("details").open = request.querySelector("details").open;
  const opened = new Set([...request.querySelectorAll("details details[open] > summary")].map(textOf));
  for (const summary of fresh.querySelectorAll("details details > summary")) {
    if (opened.has(textOf(summary))) summary.parentElement.open = true;
  }
  const [form, freshForm] = [request, fresh].map((it) => it.querySelector(".forward"));
  const hadFocus = form?.contains(document.activeElement);
  if (form && freshForm) freshForm.elements.url.value = form.elements.url.value;
  if ("used" in request.dataset) fresh.dataset.used = "";
  fresh.querySelector(".pick input").checked = request.querySelector(".pick input").checked;
  request.replaceWith(fresh);
  showTimes(fresh);
  if (hadFocus) freshForm?.querySelector("button").focus();
}

const textOf = ({ textContent }) => textContent;

/** Enables the comparison while two requests are selected. A third one takes the place of the first. */
const selected = [];
function select(box) {
  const others = selected.filter((it) => it !== box && it.isConnected && it.checked);
  selected.splice(0, selected.length, ...others, ...(box?.checked ? [box] : []));
  if (selected.length > 2) selected.shift().checked = false;
  const compare = document.getElementById("compare-selected");
  if (compare) compare.disabled = selected.length !== 2;
}

/** Forwards a request and shows the result in its place. */
async function forward(form) {
  const [button, error] = [form.querySelector("button"), form.parentElement.querySelector(".errors")];
  const body = new URLSearchParams(new FormData(form));
  const request = form.closest(".request");
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true"; // a disabled button would lose the focus
  error.hidden = true;
  const headers = { accept: "application/json" };
  const response = await fetch(form.action, { method: "POST", body, headers, redirect: "manual" }).catch(
    () => undefined,
  );
  button.ariaDisabled = "false";
  if (response?.type === "opaqueredirect") {
    const shown = await fetch(list.dataset.request.replace("NUMBER", request.dataset.number)).catch(() => undefined);
    if (!shown?.ok) return location.reload();
    return replace(request, new DOMParser().parseFromString(await shown.text(), "text/html").querySelector(".request"));
  }
  const answer = await response?.json().catch(() => undefined);
  error.textContent = answer?.errors?.join(". ") ?? "The request was not forwarded. Reload the page and try again.";
  error.hidden = false;
}

function showStatus(state, text) {
  const live = document.getElementById("live");
  live.hidden = false;
  live.dataset.state = state;
  document.getElementById("live-says").textContent = text;
}

/** The running call of `poll`, which every later one ends. */
let polling;

/**
 * Returns the requests after the last one that is shown, the newest first, or the response that says why not. Reads older pages until
 * they join those that are shown, or fill the list: after a pause, more than a page may be new.
 */
async function readNew() {
  const fresh = [];
  for (let url = location.href; url !== undefined;) {
    const response = await fetch(url);
    if (!response.ok) return { response, fresh };
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const requests = [...page.querySelectorAll(".request")];
    const unseen = requests.filter((request) => Number(request.dataset.number) > Number(list.dataset.last));
    fresh.push(...unseen);
    const hasMore = unseen.length > 0 && unseen.length === requests.length && fresh.length < shownMax;
    url = hasMore ? page.querySelector("#older:not([hidden]) a")?.href : undefined;
  }
  return { fresh };
}

/** Refreshes the page every 3 seconds. `mayListen` says when to end this, and receives whether the server is back after an interruption. */
async function poll(mayListen, wasAway = false) {
  const mine = (polling = {});
  let isAway = false;
  try {
    const { response, fresh } = await readNew();
    if (polling !== mine) return;
    if (response?.status === 404) return showStatus("gone", "This bin was deleted");
    if (response?.status === 403) return showStatus("gone", "This link has expired");
    if (response) throw new Error(`status ${response.status}`);
    for (const request of fresh.toReversed()) show(Number(request.dataset.number), request.outerHTML);
    showStatus("on", "Refreshing every 3 seconds");
  } catch {
    isAway = true;
    if (polling === mine) showStatus("off", "No connection");
  }
  setTimeout(() => {
    if (polling !== mine) return;
    if (mayListen(wasAway && !isAway)) listen();
    else void poll(mayListen, isAway);
  }, 3000);
}

const failuresMax = 5;
/** The event stream, unless the tab is hidden or polls. */
let source;
/** True while the server is away, and in a network that cuts streams off. */
let isCut = false;
let hasListened = false;

function listen() {
  let failures = 0;
  isCut = false;
  polling = undefined;
  later.clear();
  tellWindows(true);
  const opened = new EventSource(`${stream}&after=${list.dataset.last}`);
  source = opened;
  opened.addEventListener("open", () => {
    failures = 0;
    hasListened = true;
    showStatus("on", "Live");
  });
  opened.addEventListener("request", (event) => {
    const { number, html } = JSON.parse(event.data);
    show(number, html);
  });
  opened.addEventListener("error", () => {
    failures += 1;
    showStatus("off", "Reconnecting");
    if (failures < failuresMax && opened.readyState !== EventSource.CLOSED) return;
    // A response that is no stream is the one of a proxy whose server restarts.
    const wasAway = hasListened && opened.readyState === EventSource.CLOSED;
    stopListening();
    isCut = true;
    void poll((isBack) => isBack, wasAway);
  });
}

function stopListening() {
  clearTimeout(hiddenTimer);
  source?.close();
  source = undefined;
  polling = undefined;
  tellWindows(false);
  showStatus("off", "Paused");
}

const hiddenMs = 1000;
let hiddenTimer;

/** Closes the stream soon after the tab is hidden. */
function listenWhileShown() {
  clearTimeout(hiddenTimer);
  if (isCut) return;
  if (document.hidden) hiddenTimer = setTimeout(stopListening, hiddenMs);
  else if (!source) listen();
}

/**
 * Without HTTP/2, a browser opens six connections to a server for all of its windows: six windows with a stream would keep any further
 * page from loading. The four that were opened or used last have one, also among the pages of the Admin Portal, and others poll.
 */
const streamsMax = 4;
const [windowId] = crypto.getRandomValues(new Uint32Array(1));
const windows = new BroadcastChannel("bellwire-streams");
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target: it is of one origin
const tellWindows = (isOpen) => windows.postMessage({ id: windowId, isOpen });
/** Windows with a stream that began after this one's. */
const later = new Set();

function hearWindow({ data: { id, isOpen } }) {
  if (isOpen) later.add(id);
  else later.delete(id);
  if (!source || later.size < streamsMax) return;
  stopListening();
  void poll(() => later.size < streamsMax);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-copy]");
  if (button) void copy(button);
});

/** The choices that are being sent: one at a time, so that the last one counts. */
let choosing = Promise.resolve();

async function choose(form, button) {
  const body = new URLSearchParams([[button.name, button.value]]);
  const response = await fetch(form.action, { method: "POST", body }).catch(() => undefined);
  const error = form.querySelector(".errors");
  error.hidden = response !== undefined;
  if (!response) return;
  if (!response.ok) return location.reload();
  for (const choice of form.querySelectorAll(`button[name="${button.name}"]`))
    choice.setAttribute("aria-pressed", String(choice === button));
}

document.addEventListener("click", ({ target }) => {
  const request = target.closest(".request");
  if (request) request.dataset.used = "";
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.(".pick input")) select(event.target);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".forward")) return;
  event.preventDefault();
  void forward(event.target);
});

document.getElementById("answer")?.addEventListener("submit", (event) => {
  if (!event.submitter?.name) return;
  event.preventDefault();
  const { currentTarget: form, submitter } = event;
  choosing = choosing.then(() => choose(form, submitter));
});

prepare(document);
select();
if (stream) {
  document.addEventListener("visibilitychange", listenWhileShown);
  window.addEventListener("focus", listenWhileShown);
  window.addEventListener("pageshow", listenWhileShown);
  window.addEventListener("pagehide", () => isCut || stopListening());
  windows.addEventListener("message", hearWindow);
  listenWhileShown();
}
