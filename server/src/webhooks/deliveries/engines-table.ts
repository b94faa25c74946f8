import type { Database } from "#platform/database/database.ts";

/** Makes an engine known, or known again: an engine that others gave up for dead starts anew under a new id. */
export async function insertEngine(db: Database, engineId: string): Promise<void> {
  await db.query(`insert into engines (id) values ($1)`, [engineId]);
}

/** Proves that the engine lives. False when its row is gone: others may have taken its lanes. */
export async function beatHeart(db: Database, engineId: string): Promise<boolean> {
  const rows = await db.query(`update engines set beat_at = clock_timestamp() where id = $1 returning id`, [engineId]);
  return rows.length === 1;
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
