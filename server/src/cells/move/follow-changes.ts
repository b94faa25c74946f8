import type pg from "pg";
import { systemClock } from "#platform/clock.ts";
import { errorCode } from "#platform/errors.ts";
import { type ChangedRows, copyChanges, type MovedTable } from "./moved-rows.ts";

/** A trigger waits this long for writers of its table. Others wait behind it meanwhile. */
const lockTimeoutMs = 200;
const lockPauseMs = 300;
const lockTries = 100;
const lockNotAvailable = "55P03";

/** Repeats a statement that waits for a table's lock, with pauses for others. */
export async function withTableLock(
  client: pg.Client,
  statement: string,
  values: readonly unknown[] = [],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query("begin");
      await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
      // Without values, the statement may be several ones.
      await (values.length > 0 ? client.query(statement, [...values]) : client.query(statement));
      await client.query("commit");
      return;
    } catch (error) {
      await client.query("rollback");
      if (errorCode(error) !== lockNotAvailable || attempt === lockTries) throw error;
      await systemClock.sleep(lockPauseMs);
    }
  }
}

const triggerName = (providerId: number, kind: "changed" | "deleted" | "lane"): string => `move_${providerId}_${kind}`;

/** Records the changes of a provider's rows from now on (migrations/cell/0018_moves.sql). */
export async function createTriggers(
  client: pg.Client,
  tables: readonly MovedTable[],
  providerId: number,
): Promise<void> {
  for (const { name, owner, key } of tables) {
    const table = client.escapeIdentifier(name);
    const parameters = [String(providerId), name, ...key.map((column) => column.name)].map((text) =>
      client.escapeLiteral(text),
    );
    const run = `execute function record_moved_change(${parameters.join(", ")})`;
    await withTableLock(
      client,
      `create or replace trigger ${triggerName(providerId, "changed")} after insert or update on ${table}
         for each row when (new.${owner} = ${providerId}) ${run};
       create or replace trigger ${triggerName(providerId, "deleted")} after delete on ${table}
         for each row when (old.${owner} = ${providerId}) ${run}`,
    );
  }
  await withTableLock(
    client,
    `create or replace trigger ${triggerName(providerId, "lane")} before update on lanes
       for each row when (new.provider_id = ${providerId} and new.owner is not null and new.owner is distinct from old.owner)
       execute function keep_lane_free('${providerId}')`,
  );
}

/** Drops the triggers, also those of an interrupted move. */
export async function dropTriggers(
  client: pg.Client,
  tables: readonly MovedTable[],
  providerId: number,
): Promise<void> {
  for (const { name } of tables) {
    const table = client.escapeIdentifier(name);
    const { rowCount } = await client.query(
      "select from pg_trigger where tgrelid = to_regclass($1) and tgname like $2 limit 1",
      [table, `move\\_${providerId}\\_%`],
    );
    if (rowCount === 0) continue;
    const drops = (["changed", "deleted", "lane"] as const).map(
      (kind) => `drop trigger if exists ${triggerName(providerId, kind)} on ${table}`,
    );
    await withTableLock(client, drops.join(";"));
  }
}

/** Changed rows of partitioned tables per step. */
const changesPerStep = 2000;

const readStatement = `
  select number::text, relation, key from moved_changes
  where provider = $1 and relation = any($2)
  order by number
  limit $3`;

interface Change {
  readonly number: string;
  readonly relation: string;
  readonly key: readonly unknown[];
}

interface FollowNeeds {
  readonly source: pg.Client;
  readonly target: pg.Client;
  /** True: each step is a transaction, of limited size. False: the caller's transaction takes all changes, so that every row has
   * the rows that it refers to. */
  readonly isStepwise: boolean;
  /** In the order of their foreign keys. */
  readonly tables: readonly MovedTable[];
  readonly providerId: number;
}

/**
 * Copies the recorded changes of some tables, as of one moment. Returns their number. A change that commits meanwhile is recorded and
 * copied in a later step: rows are read as they are, not as they were.
 */
export async function followChanges(needs: FollowNeeds): Promise<number> {
  const { source } = needs;
  await source.query("begin isolation level repeatable read read only");
  let copied: readonly Change[];
  try {
    copied = await copyRecorded(needs);
  } finally {
    await source.query("rollback");
  }
  if (copied.length > 0) {
    await source.query("delete from moved_changes where number = any($1::bigint[])", [
      copied.map(({ number }) => number),
    ]);
  }
  return copied.length;
}

async function copyRecorded({
  source,
  target,
  isStepwise,
  tables,
  providerId,
}: FollowNeeds): Promise<readonly Change[]> {
  const names = tables.map(({ name }) => name);
  const limit = isStepwise ? changesPerStep : null;
  const { rows } = await source.query<Change>(readStatement, [providerId, names, limit]);
  if (rows.length === 0) return rows;
  const byTable = Map.groupBy(rows, ({ relation }) => relation);
  const changes = tables.flatMap((table): ChangedRows[] => {
    const changed = byTable.get(table.name);
    if (!changed) return [];
    const keys = new Map(changed.map(({ key }) => [JSON.stringify(key), key]));
    return [{ table, keys: [...keys.values()] }];
  });
  if (isStepwise) await target.query("begin");
  await copyChanges({ source, target }, changes);
  if (isStepwise) await target.query("commit");
  return rows;
}

/** Forgets the recorded changes of tables that are copied whole after this. */
export async function forgetChanges(
  source: pg.Client,
  tables: readonly MovedTable[],
  providerId: number,
): Promise<void> {
  const names = tables.map(({ name }) => name);
  await source.query("delete from moved_changes where provider = $1 and relation = any($2)", [providerId, names]);
}
