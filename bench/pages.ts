/**
 * Opens the deliveries page in Chromium while a stream reports 200 events a second, each with one delivery that is
 * recorded, attempted and delivered. Reports how much of the time the page's main thread works, and its requests.
 * A proxy in front of Bellwire writes the stream, so that the rate does not depend on the machine. About a minute.
 * Run: npm run bench -- pages [events per second] [seconds] [--json FILE]
 */
import { type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { launchBrowser } from "../server/test/support/browser.ts";
import { makeEmptyDataDir } from "../server/test/support/empty-data-dir.ts";
import { readSignIn, startBellwire } from "../server/test/support/start-bellwire.ts";
import { openReport } from "./report.ts";

const report = openReport("pages");
const [eventsPerSecond = 200, seconds = 20] = report.numbers;
/** Messages leave in batches, as the server reads the history. */
const batchesPerSecond = 4;
const warmUpMs = 5000;

const folder = await makeEmptyDataDir();
const bellwire = await startBellwire({ dataDir: folder.path });
const { username, password } = await readSignIn(folder.path);
const streams = new Set<ServerResponse>();
const server = createServer((incoming, outgoing) => {
  if (incoming.url !== "/api/v1/stream") return forward(incoming, outgoing);
  outgoing.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  outgoing.write(":\n\n");
  streams.add(outgoing);
  return outgoing.once("close", () => streams.delete(outgoing));
});
await once(server.listen(0, "127.0.0.1"), "listening");
const address = server.address();
const origin = `http://localhost:${typeof address === "object" ? address?.port : ""}`;

/** Passes a request on to Bellwire. */
function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { host } = new URL(bellwire.url);
  const options = { method: incoming.method, headers: { ...incoming.headers, host } };
  const passedOn = request(`${bellwire.url}${incoming.url}`, options, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  passedOn.once("error", () => outgoing.destroy());
  incoming.pipe(passedOn);
}

let number = 0;

/** Returns the messages of one event: recorded, its delivery pending, attempted, and delivered. */
function messagesOfEvent(): string {
  number += 1;
  const time = new Date();
  const at = time.toISOString();
  const millis = time.getTime().toString(16).padStart(12, "0");
  const id = `${millis.slice(0, 8)}-${millis.slice(8)}-7000-8000-${number.toString(16).padStart(12, "0")}`;
  const account = { object_id: number, account_id: number, account_name: `Harbour ${number}`, occurred_at: at };
  const event = {
    id,
    type: "account.created",
    ...account,
    sequence: 1,
    actor: { kind: "developer", user_id: 1 },
    channel: "developer_portal",
  };
  const pending = {
    id: `${id}.1`,
    event_id: id,
    event_type: "account.created",
    ...account,
    endpoint_id: 1,
    endpoint_name: "default",
    state: "pending",
    attempts_made: 0,
    replay: 0,
    next_attempt_at: at,
    ended_at: null,
    last_attempt: null,
  };
  const result = { at, status: 200, error: null, latency_ms: 12 };
  const attempt = { delivery_id: pending.id, event_id: id, endpoint_id: 1, number: 1, ...result };
  const delivered = {
    ...pending,
    state: "delivered",
    attempts_made: 1,
    next_attempt_at: null,
    ended_at: at,
    last_attempt: result,
  };
  const message = (kind: string, data: object): string => `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
  return `${message("event", event)}${message("delivery", pending)}${message("attempt", attempt)}${message("delivery", delivered)}`;
}

async function sendEvents(perSecond: number, ms: number): Promise<void> {
  for (let batch = 0; batch < (ms / 1000) * batchesPerSecond; batch += 1) {
    const text = Array.from({ length: perSecond / batchesPerSecond }, messagesOfEvent).join("");
    for (const stream of streams) stream.write(text);
    await wait(1000 / batchesPerSecond);
  }
}

const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
let requests = 0;
page.on("request", (sentRequest) => (requests += sentRequest.url().includes("/api/v1/") ? 1 : 0));

const openSession = () => page.context().newCDPSession(page);
type Session = Awaited<ReturnType<typeof openSession>>;

/** Returns the processor seconds that the main thread of the page has worked. */
async function taskSeconds(session: Session): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
}

async function openPage(path: string): Promise<Session> {
  await page.goto(`${origin}${path}`);
  if (new URL(page.url()).pathname.endsWith("/login")) {
    await page.fill("[name=username]", username);
    await page.fill("[name=password]", password);
    await page.click("button[type=submit]");
  }
  await page.getByText("Live", { exact: true }).waitFor();
  const session = await openSession();
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return session;
}

async function measure(title: string, path: string, perSecond: number, act?: () => Promise<void>): Promise<void> {
  const session = await openPage(path);
  await sendEvents(perSecond, warmUpMs);
  await act?.();
  requests = 0;
  const [before, startedMs] = [await taskSeconds(session), performance.now()];
  await sendEvents(perSecond, seconds * 1000);
  const tookSeconds = (performance.now() - startedMs) / 1000;
  const busyPercent = (100 * ((await taskSeconds(session)) - before)) / tookSeconds;
  const numbers = { "main thread busy %": busyPercent, "requests per second": requests / tookSeconds };
  const columns = Object.entries(numbers).map(([name, value]) => `${name} ${value.toFixed(1)}`);
  report.add({ title, numbers }, `${title}: ${columns.join(", ")}`);
}

try {
  await measure("deliveries, idle", "/p/admin/deliveries", 0);
  await measure(`deliveries, ${eventsPerSecond} events a second`, "/p/admin/deliveries", eventsPerSecond);
  await measure(`paused, ${eventsPerSecond} events a second`, "/p/admin/deliveries", eventsPerSecond, () =>
    page.getByRole("button", { name: "Pause" }).click(),
  );
  await measure(`events, ${eventsPerSecond} events a second`, "/p/admin/events", eventsPerSecond);
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
  await bellwire.stop();
  await folder[Symbol.asyncDispose]();
}
