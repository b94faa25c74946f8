import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { openBenchDatabase, type BenchDatabase } from "../open-database.ts";
import { inFlightMax } from "../same-for-all.ts";
import { SignedPosts } from "../signed-posts.ts";
import type { Contender } from "./contender.ts";
import { measureDrain } from "./measure-drain.ts";
import { aBody, addInBatches } from "./queue-jobs.ts";

const silent = new Logger(() => () => undefined);

/** As fast as its documentation on performance makes it: a local queue, and jobs completed in batches. */
const preset = (connectionString: string) => ({
  worker: {
    connectionString,
    logger: silent,
    concurrentJobs: inFlightMax,
    maxPoolSize: 10,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
});

// The task's jobs at once: its own add_jobs, called for one row each, takes minutes for as many.
const add = `
  select count(*) from graphile_worker.add_jobs(array(
    select ('send', json_build_object('id', gen_random_uuid(), 'body', $2::text), null, null, null, null, null, null)::graphile_worker.job_spec
    from generate_series(1, $1::integer)))`;

async function fill({ owner, ownerUrl }: BenchDatabase, deliveries: number): Promise<void> {
  const utils = await makeWorkerUtils({ connectionString: ownerUrl, logger: silent });
  await utils.migrate();
  await utils.release();
  await addInBatches(deliveries, (count) => owner.query(add, [count, aBody]));
  await owner.query("analyze graphile_worker._private_jobs");
}

async function send(posts: SignedPosts, payload: unknown): Promise<void> {
  if (typeof payload !== "object" || payload === null || !("id" in payload) || !("body" in payload)) return;
  await posts.send({ path: "/hook/0", id: String(payload.id), body: Buffer.from(String(payload.body)) });
}

export const graphileWorker: Contender = {
  name: "graphile-worker 0.18.0, local queue of 500",
  keeps: "the job until it is done; no attempt",
  async measure(receiver, deliveries) {
    await using database = await openBenchDatabase();
    await using posts = new SignedPosts(receiver.origins);
    await fill(database, deliveries);
    return await measureDrain({
      database,
      receiver,
      deliveries,
      async start() {
        const runner = await run({
          preset: preset(database.ownerUrl),
          noHandleSignals: true,
          taskList: { send: (payload) => send(posts, payload) },
        });
        return { [Symbol.asyncDispose]: () => runner.stop() };
      },
      isDrained: async () =>
        (await database.owner.query("select from graphile_worker._private_jobs limit 1")).length === 0,
    });
  },
};
