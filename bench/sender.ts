/**
 * Compares the sender with undici's dispatch alone, which sends the same signed bytes to the same receiver, in turns. Run:
 * npm run bench -- sender [--json FILE]
 */
import { systemClock } from "../server/src/platform/clock.ts";
import { type AttemptRequest, type Sender, createSender } from "../server/src/webhooks/attempts/index.ts";
import { bodyBytes, endpointSecret } from "./backlog.ts";
import { median } from "./measuring.ts";
import { allowedHere, lookupHere } from "./portal.ts";
import { measureCeiling } from "./rates.ts";
import { startBenchReceiver } from "./receiver.ts";
import { openReport } from "./report.ts";

const rounds = 15;
const requests = 10_000;
const inFlightMax = 64;

/** Requests per second. */
async function measureSender(sender: Sender, request: AttemptRequest): Promise<number> {
  const startedMs = performance.now();
  let remaining = requests;
  const line = async (): Promise<void> => {
    while (remaining-- > 0) await sender.send(request);
  };
  await Promise.all(Array.from({ length: inFlightMax }, line));
  return requests / ((performance.now() - startedMs) / 1000);
}

using receiver = await startBenchReceiver({ origins: 1 });
const { origins } = receiver;
await using sender = createSender({
  clock: systemClock,
  userAgent: "Bellwire/bench",
  allowed: allowedHere(),
  lookup: lookupHere(),
});
const request: AttemptRequest = {
  url: `${origins[0]}/hook/0`,
  headers: {},
  secrets: [endpointSecret],
  timeoutSeconds: 15,
  contentType: "application/xml",
  body: Buffer.alloc(bodyBytes, "<account>Harbour &amp; Sons</account>"),
  id: "0190163d-8694-739b-aea5-966c26f8ad91",
  attempt: 1,
  replay: 0,
  event: {
    type: "account.created",
    objectId: 31,
    time: "2026-11-24T12:00:00.000Z",
    sequence: 1,
    actor: "developer:21",
    channel: "developer_portal",
  },
  sentAt: systemClock.now(),
};
const ceiling = async (): Promise<number> =>
  (await measureCeiling({ origins, pathsPerOrigin: 1, bodyBytes, inFlightMax, requests })).perSecond;

await ceiling();
await measureSender(sender, request);
const pairs: { ceiling: number; sender: number }[] = [];
for (let round = 0; round < rounds; round += 1) {
  pairs.push({ ceiling: await ceiling(), sender: await measureSender(sender, request) });
}
const numbers = {
  "requests/s": Math.round(median(pairs.map((pair) => pair.sender))),
  "ceiling/s": Math.round(median(pairs.map((pair) => pair.ceiling))),
  ratio: median(pairs.map((pair) => pair.sender / pair.ceiling)),
};
openReport("sender").add(
  { title: "sender", numbers },
  `sender: ${numbers["requests/s"]} requests/s, ceiling ${numbers["ceiling/s"]}/s, ratio ${numbers.ratio.toFixed(2)}`,
);
