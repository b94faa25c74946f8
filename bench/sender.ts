/**
 * What the sender costs beside bare undici: both send the same request to the same receiver, which runs in a process of
 * its own, and take turns so that a busy machine is unfair to neither. Run: npx node bench/sender.ts
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Pool, type Dispatcher } from "undici";
import { systemClock } from "../server/src/platform/clock/clock.ts";
import { parseAllowedTargets } from "../server/src/platform/network/allowed-targets.ts";
import { createSender, type AttemptRequest } from "../server/src/webhooks/attempts/index.ts";

const rounds = 15;
const requestsPerRound = 10_000;
const inFlight = 64;

async function receive(): Promise<void> {
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => response.end("ok"));
  });
  process.once("disconnect", () => process.exit());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  process.send?.(typeof address === "object" && address ? address.port : 0);
}

/** Sends `requestsPerRound` with `inFlight` at once, and answers with how many went out in a second. */
async function rateOf(sendOne: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  let left = requestsPerRound;
  const line = async (): Promise<void> => {
    while (left-- > 0) await sendOne();
  };
  await Promise.all(Array.from({ length: inFlight }, line));
  return requestsPerRound / ((performance.now() - startedMs) / 1000);
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function compare(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/hooks?from=bench`;
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const body = Buffer.alloc(900, "<account/>");
  const request: AttemptRequest = {
    url,
    headers: {},
    secrets: [`whsec_${Buffer.alloc(32, 7).toString("base64")}`],
    timeoutSeconds: 15,
    contentType: "application/xml",
    body,
    id: "0190163d-8694-739b-aea5-966c26f8ad91",
    attempt: 1,
    replay: 0,
    event: {
      type: "account.created",
      time: "2026-11-24T12:00:00.000Z",
      sequence: 1,
      actor: "developer:21",
      channel: "api",
    },
    sentAt: systemClock.now(),
  };
  await using sender = createSender({
    clock: systemClock,
    userAgent: "Bellwire/bench",
    allowed,
    connectionsMax: inFlight,
  });
  const pool = new Pool(new URL(url).origin, { connections: inFlight, pipelining: 1 });
  const bare = () =>
    new Promise<void>((resolve, reject) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      };
      const headers = ["content-type", "application/xml"];
      pool.dispatch({ method: "POST", path: "/hooks?from=bench", headers, body }, handler);
    });

  await rateOf(bare);
  await rateOf(() => sender.send(request));
  const pairs: { bare: number; sender: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    pairs.push({ bare: await rateOf(bare), sender: await rateOf(() => sender.send(request)) });
  }
  await pool.destroy();
  console.log(`bare undici dispatch  ${Math.round(median(pairs.map((it) => it.bare)))} requests/s`);
  console.log(`sender                ${Math.round(median(pairs.map((it) => it.sender)))} requests/s`);
  console.log(`ratio                 ${median(pairs.map((it) => it.sender / it.bare)).toFixed(2)}`);
}

if (process.argv[2] === "receive") {
  await receive();
} else {
  const receiver = fork(fileURLToPath(import.meta.url), ["receive"]);
  const [port] = await once(receiver, "message");
  await compare(Number(port));
  receiver.disconnect();
}
