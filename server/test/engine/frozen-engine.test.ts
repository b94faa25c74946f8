import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { everyAttempt } from "#webhooks/deliveries/index.ts";
import { anEvent, buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { type ReceivedRequest, startReceiver } from "../support/receiver.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

/** Long enough for the heartbeats of an engine that runs on a busy machine. */
const leaseMs = 3000;

interface EngineProcess extends AsyncDisposable {
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Numbers of outcomes that the engine tried to record, and that were recorded. */
  readonly settled: { attempted: number; written: number };
}

async function startEngineProcess(name: string, databaseUrl: string): Promise<EngineProcess> {
  const program = fileURLToPath(new URL("engine-process.ts", import.meta.url));
  const child: ChildProcess = fork(program, [name, databaseUrl, String(leaseMs)]);
  const settled = { attempted: 0, written: 0 };
  await once(child, "message");
  child.on("message", (message: typeof settled) => {
    settled.attempted += message.attempted;
    settled.written += message.written;
  });
  return {
    settled,
    signal: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGCONT");
      child.disconnect();
      await ended;
    },
  };
}

const events = 40;
const answeredAtFirst = 6;
const inFlight = 3;

test("an engine frozen for longer than its lease neither sends nor settles deliveries of lanes that it lost", async ({
  database,
  databaseUrl,
}) => {
  const held: { by: string; id: string; answer: ServerResponse }[] = [];
  const sentBy = (name: string): readonly ReceivedRequest[] =>
    receiver.received.filter(({ headers }) => headers["user-agent"] === name);
  const heldBy = (name: string) => held.filter(({ by }) => by === name);
  let holding: (name: string) => boolean = (name) => sentBy(name).length > answeredAtFirst;
  await using receiver = await startReceiver((answer, { headers }) => {
    const by = String(headers["user-agent"]);
    if (holding(by)) held.push({ by, id: String(headers["webhook-id"]), answer });
    else answer.writeHead(200).end();
  });
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: receiver.url, maxInFlight: inFlight, timeoutSeconds: 50 });
  await recordNow(
    database,
    { providerId },
    Array.from({ length: events }, (_, accountId) => anEvent({ accountId })),
  );

  // When the first engine freezes, it has attempts in flight and has read further deliveries.
  await using frozen = await startEngineProcess("frozen", databaseUrl);
  await until(() => heldBy("frozen").length === inFlight && frozen.settled.written === answeredAtFirst);
  frozen.signal("SIGSTOP");

  // The second takes over. It has an attempt of the same delivery in flight when the first wakes and receives a 500.
  holding = () => true;
  await using _heir = await startEngineProcess("heir", databaseUrl);
  await until(() => heldBy("heir").length > 0);
  expect(heldBy("frozen").map(({ id }) => id)).toContain(heldBy("heir")[0]?.id);
  for (const { answer } of heldBy("frozen")) answer.writeHead(500).end();
  frozen.signal("SIGCONT");
  await until(() => frozen.settled.attempted === answeredAtFirst + inFlight);

  holding = () => false;
  for (const { answer } of heldBy("heir")) answer.writeHead(200).end();
  await until(async () => (await database.query("select from due")).length === 0);
  expect(frozen.settled.written).toBe(answeredAtFirst);
  expect(sentBy("frozen")).toHaveLength(answeredAtFirst + inFlight);
  expect(sentBy("heir")).toHaveLength(events - answeredAtFirst);
  expect(await database.query(`select status, count(*) from ${everyAttempt} attempt group by status`)).toEqual([
    { status: 200, count: events },
  ]);
});
