import type { Database } from "#platform/database/database.ts";

/**
 * Makes an engine known, or known again: an engine that others gave up for dead starts anew under a new id.
 *
 * @param process the mark of the process it runs in, if the system can tell
 */
export async function insertEngine(db: Database, engineId: string, process?: string): Promise<void> {
  await db.query(
    `insert into engines (id, process, switches) values ($1, $2, (select count(*) from database_switches))`,
    [engineId, process],
  );
}

/**
 * Deletes the engines of processes that have ended, so that their lanes are free at once and not when the lease has run out.
 * What such an engine has asked of the database may still be done after that: it settles nothing of a lane that has a new
 * epoch, and takes no lanes without its row.
 */
export async function deleteEndedEngines(db: Database, hasEnded: (process: string) => Promise<boolean>): Promise<void> {
  const engines = await db.query<{ id: string; process: string }>(
    `select id, process from engines where process is not null`,
  );
  const judged = await Promise.all(
    engines.map(async (engine) => ({ ...engine, isOver: await hasEnded(engine.process) })),
  );
  const ended = judged.filter(({ isOver }) => isOver).map(({ id }) => id);
  if (ended.length > 0) await db.query(`delete from engines where id = any($1)`, [ended]);
}

// After a failover the database may be in an earlier state than the engine remembers: a lane that it has released is its own
// again, and deliveries that it has settled are due behind its cursor. So the heart of an engine stops with a switch, and its
// lease runs out.
const beat = `
  update engines set beat_at = clock_timestamp()
  where id = $1 and switches = (select count(*) from database_switches)
  returning id`;

/**
 * Renews the engine's lease. Returns false when its row is gone, since others may have taken its lanes, and when the database was
 * switched since the engine entered.
 */
export async function beatHeart(db: Database, engineId: string): Promise<boolean> {
  return (await db.query(beat, [engineId])).length === 1;
}

export async function deleteEngine(db: Database, engineId: string): Promise<void> {
  await db.query(`delete from engines where id = $1`, [engineId]);
}

// An hour is far beyond any lease, and a row costs nothing: it stays long enough to be looked at.
const forget = `
  delete from engines
  where beat_at < clock_timestamp() - interval '1 hour'
    and not exists (select from lanes where lanes.owner = engines.id)`;

/** Forgets engines that died long ago and own nothing any more. */
export async function deleteDeadEngines(db: Database): Promise<void> {
  await db.query(forget);
}
