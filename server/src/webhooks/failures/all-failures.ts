import type { Database } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import { readFailureHorizon } from "#webhooks/deliveries/index.ts";

import { listFailures, type Failure, type FailureFilter } from "./list-failures.ts";

const countStatement = `select count(*) as count from (select from failures limit 100000) counted`;

/** How many failures all providers have, counted to 100,000: some 10 ms. */
export async function countAllFailures(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(countStatement);
  return row?.count ?? 0;
}

/** Some megabyte. */
const atATime = 500;

/**
 * All failures that there are as it begins, oldest first, so many at a time: a million do not fit into memory. Who deletes
 * some meanwhile is not told them.
 */
export async function* allFailures(
  db: Database,
  encryption: Encryption,
  filter: FailureFilter,
): AsyncGenerator<readonly Failure[], void> {
  const horizon = await readFailureHorizon(db); // or it would not end where they come faster than they are read
  for (let after: Failure | undefined; ;) {
    const page = await listFailures(db, encryption, filter, { after, limit: atATime, horizon });
    yield page;
    after = page.at(-1);
    if (page.length < atATime) return;
  }
}
