import type pg from "pg";
import { type Database, queryRow, type Transaction } from "./database.ts";

/** The last known state of the database (0003_failover.sql, 0017_restores.sql). */
export interface DatabaseSeen {
  /** The flush position of the write-ahead log, a few seconds old at most: a database behind it was restored. */
  lsn: string | null;
  switches: number;
  /** When a statement was answered last, in monotonic milliseconds. */
  answeredMs: number | undefined;
}

interface Followed {
  readonly isFirst: boolean;
  readonly isHeld: boolean;
  readonly lsn: string;
  readonly switches: string;
}

/** The operator's next step while deliveries are held. */
export const resumeAdvice = "bellwire resume --after-restore --plan shows them";

export const restoredSentence = `the database was restored: deliveries, mails and jobs from before are held until an operator resumes them; ${resumeAdvice}`;

/** After a move to another cluster, the largest number is searched for in the whole history. */
const followMsMax = 60 * 60_000;

const followStatement = `
  select is_first as "isFirst", is_held as "isHeld", lsn::text, switches
  from follow_database($1::pg_lsn, $2::bigint, $3::float8)`;

/**
 * Compares the database with what this process and the database itself know. The first connection after a failover or a restore
 * skips numbers, and after a restore holds deliveries. Returns what it did.
 */
export async function followDatabase(
  client: pg.Client,
  { seen, nowMs }: { readonly seen: DatabaseSeen; readonly nowMs: number },
): Promise<Pick<Followed, "isFirst" | "isHeld">> {
  const silentSeconds = seen.answeredMs === undefined ? null : (nowMs - seen.answeredMs) / 1000;
  const patiently = {
    text: followStatement,
    values: [seen.lsn, seen.switches, silentSeconds],
    query_timeout: followMsMax,
  };
  const { rows } = await client.query<Followed>(patiently);
  const [followed] = rows;
  if (!followed) throw new Error("PostgreSQL returned no row.");
  Object.assign(seen, { lsn: followed.lsn, switches: Number(followed.switches) });
  return followed;
}

export interface DatabaseSwitches {
  readonly count: number;
  /** Time of the last one; null if there was none. */
  readonly at: Date | null;
  readonly timeline: number | null;
  /** Deliveries have been held since this time, until an operator resumes them. Null: none are. */
  readonly heldAt: Date | null;
  /** Events since that time have at least this transaction number. Null if none are held. */
  readonly heldFrom: number | null;
  /** The time that the held database continued from: changes after it are lost. Null if unknown. */
  readonly stateAt: Date | null;
}

/** How long pages and `/readyz` warn that changes may be lost. */
export const switchWarningMs = 24 * 60 * 60_000;

const read = `
  select count(*)::integer as count, max(at) as at, (array_agg(timeline order by at desc))[1] as timeline,
    min(held_at) filter (where resumed_at is null) as held_at,
    min(held_from) filter (where resumed_at is null) as held_from,
    min(state_at) filter (where held_at is not null and resumed_at is null) as state_at
  from database_switches`;

/** Returns how often the database continued from an earlier state, and whether deliveries are held since. */
export async function readDatabaseSwitches(db: Database): Promise<DatabaseSwitches> {
  const [switches] = await db.query<DatabaseSwitches>(read);
  return switches ?? { count: 0, at: null, timeline: null, heldAt: null, heldFrom: null, stateAt: null };
}

/** Skips numbers and holds deliveries, for a restore that cannot be detected. Returns whether there were any to hold. */
export const holdAfterRestore = async (db: Database): Promise<boolean> =>
  (await queryRow<{ isHeld: boolean }>(db, `select hold_after_restore() as "isHeld"`)).isHeld;

/** Ends the hold if no endpoint is held any more. Returns whether it has ended. */
export const endHold = async (tx: Transaction): Promise<boolean> =>
  (await queryRow<{ hasEnded: boolean }>(tx, `select end_hold() as "hasEnded"`)).hasEnded;
