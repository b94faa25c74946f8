import { randomUUID } from "node:crypto";
import { PgBoss } from "pg-boss";
import { openBenchDatabase } from "../open-database.ts";
import { SignedPosts } from "../signed-posts.ts";
import type { Contender } from "./contender.ts";
import { measureDrain } from "./measure-drain.ts";
import { aBody, addInBatches } from "./queue-jobs.ts";

const queue = "send";
const workers = 4;
const batchSize = 100;

interface Job {
  readonly id: string;
  readonly body: string;
}

export const pgBoss: Contender = {
  name: "pg-boss 12.38.0, 4 workers, batches of 100",
  keeps: "the job, with its state; no attempt",
  async measure(receiver, deliveries) {
    await using database = await openBenchDatabase();
    await using posts = new SignedPosts(receiver.origins);
    const boss = new PgBoss({ connectionString: database.ownerUrl, useListenNotify: true });
    boss.on("error", (error) => console.error(error));
    await boss.start();
    await boss.createQueue(queue, { notify: true });
    await addInBatches(deliveries, (count) =>
      boss.insert(
        queue,
        Array.from({ length: count }, () => ({ data: { id: randomUUID(), body: aBody } })),
      ),
    );
    await database.owner.query("analyze pgboss.job");
    const { owner } = database;
    return await measureDrain({
      database,
      receiver,
      deliveries,
      async start() {
        for (let worker = 0; worker < workers; worker += 1) {
          // It fetches on while its batches come full, which is the fastest that it can be told to.
          await boss.work<Job>(queue, { batchSize, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }, (jobs) =>
            Promise.all(
              jobs.map(({ data }) => posts.send({ path: "/hook/0", id: data.id, body: Buffer.from(data.body) })),
            ),
          );
        }
        return { [Symbol.asyncDispose]: () => boss.stop({ graceful: true, timeout: 5000 }) };
      },
      isDrained: async () =>
        (await owner.query("select from pgboss.job where state < 'completed' limit 1")).length === 0,
    });
  },
};
