import { expect } from "vitest";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { errorCode } from "#platform/errors.ts";
import { workOnJob } from "#webhooks/jobs/index.ts";
import { workOnReplay } from "#webhooks/replays/index.ts";
import { createBellwireApi, openBellwireApi, test } from "../bellwire-api/bellwire-api-test.ts";
import { Random } from "../simulation/random.ts";
import type { Send } from "../simulation/random-portal.ts";
import { RandomWebhooks, answerAtRandom } from "../simulation/random-webhooks.ts";
import { anEvent, recordNow } from "../support/build-webhooks.ts";
import { countOpenWork, findContradictions } from "../support/find-contradictions.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { until } from "../support/until.ts";

/** ACTIONS_SEED=17 repeats the choices of that seed; requests and deliveries still take turns of their own. */
const seed = Number(process.env["ACTIONS_SEED"] ?? 1);
/** ACTIONS=5000 takes that many. */
const actionCount = Number(process.env["ACTIONS"] ?? 400);
const clients = 4;

/** Works on jobs and replays as an engine process does, which repeats a step that was the victim of a deadlock. */
async function step(pool: Pool): Promise<boolean> {
  try {
    return (await workOnJob(pool)) || (await workOnReplay(pool));
  } catch (error) {
    if (errorCode(error) !== "40P01") throw error;
    return true;
  }
}

test(
  "after any actions at once, every delivery ends, and lists and statistics agree with its attempts",
  { timeout: 180_000 },
  async ({ database, receiver }) => {
    await using stack = new AsyncDisposableStack();
    const opened = openBellwireApi(database, systemClock);
    stack.defer(opened.close);
    const api = await createBellwireApi(database, opened.http, systemClock.now());
    const errors: string[] = [];
    const send: Send = async (method, path, payload) => {
      const { statusCode, body } = await api.call(method, path.replace("/api/v1", ""), payload ? { payload } : {});
      if (statusCode >= 500) errors.push(`${method} ${path}: ${statusCode} ${body}`);
      return { status: statusCode, body: body === "" ? undefined : JSON.parse(body) };
    };
    const random = new Random(seed);
    const record = async (): Promise<void> => {
      const events = Array.from({ length: 3 }, () => anEvent({ accountId: random.between(31, 33) }));
      await recordNow(database, { providerId: api.provider.id }, events);
    };
    const admin = new RandomWebhooks(send, { random, url: receiver.url, change: record });
    receiver.answer(answerAtRandom(new Random(seed + 1)));
    for (let count = 0; count < 3; count += 1) await admin.createEndpoint();
    {
      await using _engine = await startTestEngine(database);
      let left = actionCount;
      const act = async (): Promise<void> => {
        for (; left > 0; left -= 1) await admin.act();
      };
      let isOver = false;
      const work = async (): Promise<void> => {
        while (!isOver) if (!(await step(database))) await systemClock.sleep(20);
      };
      const working = work();
      await Promise.all(Array.from({ length: clients }, act));
      receiver.answer(200);
      await admin.activateAll();
      await until(async () => (await countOpenWork(database)) === 0, { withinMs: 60_000 });
      isOver = true;
      await working;
    }
    expect(errors).toEqual([]);
    expect(await findContradictions(database, api.provider.id)).toEqual([]);
    expect(receiver.received.length).toBeGreaterThan(actionCount / 2);
  },
);
