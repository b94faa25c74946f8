// The page also works without this script, by reloading.
const list = document.getElementById("requests");
const stream = list?.dataset.stream;
const shownMax = 200;

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const isToday = at.toDateString() === new Date().toDateString();
    time.textContent = at.toLocaleTimeString([], {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
    });
    if (!isToday) time.textContent = `${at.toLocaleDateString()} ${time.textContent}`;
    time.title = at.toString();
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
  localise(added);
  list.dataset.last = String(number);
  document.getElementById("waiting").hidden = true;
  document.getElementById("caught").hidden = false;
  document.getElementById("count").textContent = String(number);
  document.title = `(${number}) Request bin | Bellwire`;
  if (list.childElementCount > shownMax) removeOldest();
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

function showStatus(state, text) {
  const live = document.getElementById("live");
  live.hidden = false;
  live.dataset.state = state;
  document.getElementById("live-says").textContent = text;
}

/** Polls the page for new requests, for networks that cut streams off. */
async function poll() {
  try {
    const response = await fetch(location.href);
    if (response.status === 404) return showStatus("gone", "This bin was deleted");
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = [...page.querySelectorAll(".request")].filter(
      (request) => Number(request.dataset.number) > Number(list.dataset.last),
    );
    for (const request of fresh.toReversed()) show(Number(request.dataset.number), request.outerHTML);
    showStatus("on", "Refreshing every 3 seconds");
  } catch {
    showStatus("off", "No connection");
  }
  setTimeout(() => void poll(), 3000);
}

const failuresMax = 5;

function listen() {
  let failures = 0;
  const source = new EventSource(`${stream}&after=${list.dataset.last}`);
  source.addEventListener("open", () => {
    failures = 0;
    showStatus("on", "Live");
  });
  source.addEventListener("request", (event) => {
    const { number, html } = JSON.parse(event.data);
    show(number, html);
  });
  source.addEventListener("error", () => {
    failures += 1;
    showStatus("off", "Reconnecting");
    if (failures < failuresMax && source.readyState !== EventSource.CLOSED) return;
    source.close();
    void poll();
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-copy]");
  if (button) void copy(button);
});

async function choose(form, button) {
  const body = new URLSearchParams([[button.name, button.value]]);
  const response = await fetch(form.action, { method: "POST", body }).catch(() => undefined);
  if (!response?.ok) return location.reload();
  for (const choice of form.querySelectorAll(`button[name="${button.name}"]`))
    choice.setAttribute("aria-pressed", String(choice === button));
}

document.getElementById("answer")?.addEventListener("submit", (event) => {
  if (!event.submitter?.name) return;
  event.preventDefault();
  void choose(event.currentTarget, event.submitter);
});

localise(document);
if (stream) listen();
