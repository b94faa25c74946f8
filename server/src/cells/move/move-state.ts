import type pg from "pg";
import { callersChannel } from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { CannotStart } from "#platform/errors.ts";
import { tenantsChannel } from "../directory.ts";

/** One move of a provider. */
export interface Move {
  readonly id: string;
  readonly providerId: number;
  /** The number of the cell that the provider leaves. */
  readonly from: number;
  /** The number of the cell that the provider enters. */
  readonly to: number;
}

export interface MoveCells {
  readonly directory: Pool;
  /** Returns an open cell. */
  readonly open: (cell: number) => Promise<Pool>;
}

const beginStatement = `
  update bellwire_directory.tenants set move_id = $2, other_cell = $3
  where provider_id = $1 and move_id is null and deleting_since is null and cell_number = $4
  returning provider_id`;

/** Notes in the directory that a move runs. Fails if another one does. */
export async function beginMove(directory: Pool, { id, providerId, from, to }: Move): Promise<void> {
  directory.onHint(tenantsChannel, () => undefined); // connects now, so that the hint to hold requests need not wait for that
  const [inserted] = await directory.query(beginStatement, [providerId, id, to, from]);
  if (!inserted) throw new Error("Another move of the provider, or its deletion, has begun.");
}

/** Returns whether a cell has a provider, wherever the directory says that it is. */
export const hasProvider = async ({ open }: MoveCells, cell: number, providerId: number): Promise<boolean> =>
  (await (await open(cell)).query("select from providers where id = $1", [providerId])).length > 0;

/**
 * Throws if the new cell already has rows of a provider whose last move has ended. If the directory was restored to a time before that move,
 * they are the newer ones, and a move that fails would delete them.
 */
export async function refuseSecondCopy(cells: MoveCells, { providerId, to }: Omit<Move, "id" | "from">): Promise<void> {
  if (!(await hasProvider(cells, to, providerId))) return;
  throw new CannotStart(
    "Both cells have the provider, as after a restore to a time before a move. Choose one with --adopt: docs/runbooks/restore-from-a-backup.md.",
  );
}

const arriveStatement = "insert into provider_moves (provider, id, state) values ($1, $2, 'arrived')";
const adoptStatement = `
  update bellwire_directory.tenants set move_id = $2, cell_number = $3, other_cell = $4
  where provider_id = $1 and move_id is null and deleting_since is null
  returning provider_id`;

/** Chooses the copy of a provider in the cell `to`, as if a move from the cell of another copy had just arrived. `finishMove` ends it. */
export async function adoptCopy({ directory, open }: MoveCells, { id, providerId, from, to }: Move): Promise<void> {
  await (await open(to)).query(arriveStatement, [providerId, id]);
  const [adopted] = await directory.query(adoptStatement, [providerId, id, to, from]);
  if (!adopted) throw new Error("The deletion of the provider has begun.");
}

const holdStatement = `
  update bellwire_directory.tenants set held_until = clock_timestamp() + make_interval(secs => $3)
  where provider_id = $1 and move_id = $2`;

/** Lets requests of the provider wait for at most `seconds`; 0 lets them continue. */
export const holdTenant = ({ directory }: MoveCells, { id, providerId }: Move, seconds: number): Promise<void> =>
  directory.inTransaction(async (tx) => {
    await tx.query(holdStatement, [providerId, id, seconds]);
    tx.hintAfterCommit(tenantsChannel, String(providerId));
  });

const abandonStatement = `
  insert into provider_moves (provider, id, state) values ($1, $2, 'abandoned')
  on conflict (provider, id) do nothing`;
const outcomeStatement = `select state from provider_moves where provider = $1 and id = $2`;
const thawStatement = `
  delete from provider_moves where provider = $1 and id = $2 and state in ('copying', 'draining', 'frozen')`;

/**
 * Decides a move that may have been interrupted. The transaction that copies the provider inserts the move's row into the new cell
 * first. If this can insert it, that transaction has not committed and never can; otherwise this waits for its end. Then the
 * provider works in one of the cells. May be called any number of times, by any process.
 */
export async function decideMove(cells: MoveCells, move: Move): Promise<"arrived" | "abandoned"> {
  const key = [move.providerId, move.id];
  const target = await cells.open(move.to);
  await target.query(abandonStatement, key);
  const [row] = await target.query<{ state: "arrived" | "abandoned" }>(outcomeStatement, key);
  const outcome = row?.state ?? "abandoned";
  if (outcome === "arrived") {
    await completeMove(cells, move);
  } else {
    await (await cells.open(move.from)).query(thawStatement, key);
    await holdTenant(cells, move, 0);
  }
  return outcome;
}

const switchStatement = `
  update bellwire_directory.tenants set cell_number = $3, other_cell = $4, held_until = null
  where provider_id = $1 and move_id = $2 and cell_number = $4`;
const leaveStatement = `update provider_moves set state = 'left', changed_at = clock_timestamp() where provider = $1 and id = $2`;

/**
 * Sends requests to the new cell, and takes the provider's lanes from the engines of the old one. Returns when requests continued, in
 * monotonic milliseconds.
 */
export async function completeMove({ directory, open }: MoveCells, move: Move): Promise<number> {
  const { id, providerId, from, to } = move;
  await directory.inTransaction(async (tx) => {
    await tx.query(switchStatement, [providerId, id, to, from]);
    tx.hintAfterCommit(tenantsChannel, String(providerId));
  });
  const switchedMs = systemClock.monotonicMs();
  await (
    await open(from)
  ).inTransaction(async (tx) => {
    await tx.query(leaveStatement, [providerId, id]);
    await tx.query("select set_config('bellwire_move.provider', $1, true)", [String(providerId)]);
    await tx.query("delete from lanes where provider_id = $1", [providerId]);
    tx.hintAfterCommit(callersChannel, String(providerId)); // open streams end, and continue in the new cell
  });
  return switchedMs;
}

/** Forgets a move whose leftovers are deleted. */
export async function endMove({ directory, open }: MoveCells, { id, providerId, from, to }: Move): Promise<void> {
  for (const cell of [from, to]) {
    await (await open(cell)).query("delete from provider_moves where provider = $1 and id = $2", [providerId, id]);
  }
  await directory.query(
    "update bellwire_directory.tenants set move_id = null, other_cell = null, held_until = null where provider_id = $1 and move_id = $2",
    [providerId, id],
  );
}

const unfinishedStatement = `
  select move_id as id, cell_number as here, other_cell as there
  from bellwire_directory.tenants
  where move_id is not null and provider_id = $1`;

/** Returns the move of a provider that is running or was interrupted. */
export async function findMove({ directory, open }: MoveCells, providerId: number): Promise<Move | undefined> {
  const [found] = await directory.query<{ id: string; here: number; there: number }>(unfinishedStatement, [providerId]);
  if (!found) return undefined;
  const { id, here, there } = found;
  const [row] = await (await open(here)).query<{ state: string }>(outcomeStatement, [providerId, id]);
  const [from, to] = row?.state === "arrived" ? [there, here] : [here, there];
  return { id, providerId, from, to };
}

const lockStatement = `select pg_try_advisory_lock(hashtextextended($1, $2)) as taken`;

async function tryLock(client: pg.Client, name: string, id: number): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(lockStatement, [name, id]);
  return rows[0]?.taken ?? false;
}

/** Takes the lock of a provider's moves for the session of this connection to the directory. Returns false if another has it. */
export const lockMove = (client: pg.Client, providerId: number): Promise<boolean> =>
  tryLock(client, "bellwire mover", providerId);

/** Takes the lock of decisions after a restore, for the session of this connection to the directory. Returns false if another has it. */
export const lockResume = (client: pg.Client): Promise<boolean> => tryLock(client, "bellwire resume", 0);

/** A statement that waited would keep vacuum from the database's dead rows. */
const cellLockPauseMs = 500;

/**
 * Takes the locks of the cells of a move, in one order for all moves. A move holds locks of its new cell's tables until it commits, and
 * creates triggers in its old one. Another one that needs the same tables would wait for them, and in the end fail.
 */
export async function lockCells(client: pg.Client, cells: readonly number[], onWait: () => void): Promise<void> {
  for (const cell of [...new Set(cells)].toSorted((one, other) => one - other)) {
    for (let tries = 0; !(await tryLock(client, "bellwire move of a cell", cell)); tries += 1) {
      if (tries === 0) onWait();
      await systemClock.sleep(cellLockPauseMs);
    }
  }
}

const movingStatement = `select provider_id from bellwire_directory.tenants where move_id is not null order by provider_id`;

/** An interrupted move, and its outcome. */
export type DecidedMove = Move & { readonly outcome: "arrived" | "abandoned" };

/**
 * Decides the moves whose process has ended. A move is left to the next call if one of its cells does not respond: other providers
 * need not wait for that cell.
 */
export async function decideInterruptedMoves(
  cells: MoveCells,
): Promise<{ readonly decided: readonly DecidedMove[]; readonly failures: ReadonlyMap<number, unknown> }> {
  const decided: DecidedMove[] = [];
  const failures = new Map<number, unknown>();
  for (const { providerId } of await cells.directory.query<Pick<Move, "providerId">>(movingStatement)) {
    try {
      const move = await decideIfInterrupted(cells, providerId);
      if (move) decided.push(move);
    } catch (error) {
      failures.set(providerId, error);
    }
  }
  return { decided, failures };
}

const tryLockStatement = `select pg_try_advisory_xact_lock(hashtextextended('bellwire mover', $1)) as taken`;

const decideIfInterrupted = (cells: MoveCells, providerId: number): Promise<DecidedMove | undefined> =>
  cells.directory.inTransaction(async (tx) => {
    const [lock] = await tx.query<{ taken: boolean }>(tryLockStatement, [providerId]);
    // Read under the lock, because the move may have ended meanwhile.
    const move = lock?.taken ? await findMove(cells, providerId) : undefined;
    return move && { ...move, outcome: await decideMove(cells, move) };
  });
