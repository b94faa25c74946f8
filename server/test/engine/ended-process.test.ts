import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, onTestFinished } from "vitest";
import { systemClock } from "#platform/clock.ts";
import { createIdGenerator } from "#platform/ids.ts";
import { readOwnProcessMark } from "#platform/process-mark.ts";
import { postgresLaneStore } from "#webhooks/engine/index.ts";
import { buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";

const leaseMs = 60_000;
const newId = createIdGenerator(systemClock);

test("the lanes of an ended engine process can be claimed immediately, those of a running one cannot", async ({
  database,
  skip,
}) => {
  const own = await readOwnProcessMark();
  if (!own) return skip("only Linux has the start time of a process");
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId });
  const other = spawn("sleep", ["100"]);
  onTestFinished(() => void other.kill());
  const stat = await readFile(`/proc/${other.pid}/stat`, "utf8");
  const startedAt = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  const crashed = postgresLaneStore(database, encryption, {
    leaseMs,
    userAgent: "Bellwire/test",
    mark: { ...own, pid: other.pid ?? 0, startedAt },
  });
  const crashedId = newId();
  await crashed.register(crashedId, []);
  const [lane] = await crashed.claim(crashedId, [endpointId], 1);

  const store = postgresLaneStore(database, encryption, { leaseMs, userAgent: "Bellwire/test", mark: own });
  const engineId = newId();
  await store.register(engineId, []);
  expect(await store.claim(engineId, [endpointId], 1)).toEqual([]);
  const ended = once(other, "exit");
  other.kill("SIGKILL");
  await ended;
  expect(await store.heartbeat(engineId)).toBe(true);
  expect((await store.findDueLanes(engineId)).free).toEqual([endpointId]);
  expect(await store.claim(engineId, [endpointId], 2)).toMatchObject([{ endpointId, epoch: (lane?.epoch ?? 0) + 1 }]);
});
