import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const leaseMs = 1000;
const events = 300;
/** Maximum number of sent and unrecorded deliveries of a key. */
const unrecordedMax = 256;

test("after an engine is killed, the next one resends an ordering key's unrecorded deliveries and continues in sequence", async ({
  database,
  databaseUrl,
}) => {
  let recordedAtKill = 0;
  const received: { by: string; sequence: number }[] = [];
  const program = fileURLToPath(new URL("engine-process.ts", import.meta.url));
  const killed = fork(program, ["killed", databaseUrl, String(leaseMs)]);
  killed.on("message", (message: { written?: number }) => (recordedAtKill += message.written ?? 0));
  await using receiver = await startReceiver((answer, { headers }) => {
    received.push({ by: String(headers["user-agent"]), sequence: Number(headers["bellwire-sequence"]) });
    answer.writeHead(200).end();
    if (received.length === events / 2) killed.kill("SIGKILL");
  });
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, ordering: "account" });
  await recordNow(
    database,
    { providerId },
    Array.from({ length: events }, () => anEvent()),
  );
  if (killed.exitCode === null && killed.signalCode === null) await once(killed, "exit");
  await using _next = await startTestEngine(database, { leaseMs, userAgent: "next" });
  await until(async () => (await database.query(`select from due`)).length === 0);

  const sentBy = (name: string): readonly number[] =>
    received.filter(({ by }) => by === name).map(({ sequence }) => sequence);
  const [before, after] = [sentBy("killed"), sentBy("next")];
  const from = after[0] ?? 0;
  expect(before).toEqual(Array.from({ length: before.length }, (_, index) => index + 1));
  expect(after).toEqual(Array.from({ length: events - from + 1 }, (_, index) => from + index));
  expect(from).toBeLessThanOrEqual(before.length + 1);
  expect(from).toBeGreaterThan(Math.max(recordedAtKill, before.length - unrecordedMax));
});
