import { randomUUID } from "node:crypto";
import type pg from "pg";
import { type AuditRecord, callersChannel, renderAudit } from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import {
  DatabaseHosts,
  connectToPrimary,
  keepDaysStatement,
  ownerSettingsStatement,
} from "#platform/database/connection.ts";
import { serializeHints } from "#platform/database/hints.ts";
import type { Pool } from "#platform/database/database.ts";
import { CannotStart, errorCode, errorMessage } from "#platform/errors.ts";
import { randomHex } from "#platform/ids.ts";
import {
  copyTable,
  createMissingPartitions,
  createTriggers,
  deleteRows,
  dropTriggers,
  followChanges,
  forgetChanges,
  type MovedTable,
  readMovedTables,
  transact,
  withTableLock,
} from "./moved-rows.ts";
import { deleteTenant, markDeleting } from "../directory.ts";
import { type Move, type MoveCells, beginMove, completeMove, decideMove, endMove, holdTenant } from "./move-state.ts";

/** How the owner of a cell's schema connects. */
export interface CellPlace {
  readonly number: number;
  readonly schema: string;
  readonly ownerUrl: string;
}

/** Connects to a cell as the owner of its schema, who may create triggers. */
export async function connectToCell({ schema, ownerUrl }: Omit<CellPlace, "number">): Promise<pg.Client> {
  const client = await connectToPrimary(new DatabaseHosts(ownerUrl), {
    application_name: "bellwire move",
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // A session may do nothing but hold a lock for hours. A command that hangs in a transaction gives up its locks.
  await client.query(ownerSettingsStatement, ["0", "60s"]);
  await client.query(`set search_path = ${client.escapeIdentifier(schema)}, pg_temp; set timezone = 'UTC'`);
  return client;
}

const ownerStatement = `select pg_has_role(nspowner, 'usage') as "isOwner" from pg_namespace where nspname = current_schema()`;

/** Refuses a user who could not create the triggers or delete the history, before anything is changed. */
async function requireOwner(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ isOwner: boolean }>(ownerStatement);
  if (!rows[0]?.isOwner)
    throw new CannotStart(
      `The user ${client.user} does not own the cell's schema. Use its owner, as for \`bellwire migrate\`.`,
    );
}

interface MoveNeeds {
  readonly cells: MoveCells;
  readonly source: CellPlace;
  readonly target: CellPlace;
  readonly providerId: number;
  /** Inserted with the copy, so that it exists if the provider has moved, whatever becomes of the command afterwards. */
  readonly record: AuditRecord;
  /** How long attempts in flight may take to end. Others are repeated in the new cell. */
  readonly drainMs: number;
  readonly printStatus: (line: string) => void;
}

export interface MoveReport {
  readonly rows: number;
  /** From the refusal of changes to the first request in the new cell. */
  readonly pausedMs: number;
  /** Lanes whose attempts did not end in time. */
  readonly undrained: number;
}

/** Requests that began before they were held end meanwhile. Later ones of a process that missed the hint get 503 for a moment. */
const holdMs = 100;
/** Web processes read the new cell before the rows of the old one are deleted. Longer requests look again (http/shared/find-provider.ts). */
const settleMs = 2000;
/** Two rows that exchange a unique value while they are copied, or a transaction that outlasts the freeze: the copy begins again. */
const triesMax = 5;
const stepPauseMs = 20;

/**
 * Moves a provider while it works (docs/decisions/0037-cells.md). The caller holds the lock of the move. If it is killed, the
 * provider is in one of the cells, and `finishMove` ends the move.
 */
export async function moveProvider(needs: MoveNeeds): Promise<MoveReport> {
  await using open = new AsyncDisposableStack();
  const connect = async (place: CellPlace): Promise<pg.Client> => {
    const client = await connectToCell(place);
    open.defer(() => client.end().catch(() => undefined));
    return client;
  };
  const { source: from, target: to, providerId, printStatus } = needs;
  const [source, snapshot, target, copying] = [
    await connect(from),
    await connect(from),
    await connect(to),
    await connect(to),
  ];
  for (const cell of [source, target]) {
    await requireOwner(cell);
    await cell.query(keepDaysStatement);
  }
  const tables = await readMovedTables(source);
  refuseOtherTables(tables, await readMovedTables(target));
  const move = { id: randomUUID(), providerId, from: from.number, to: to.number };
  await beginMove(needs.cells.directory, move);
  const run = new MoveRun({ needs, move, tables, clients: { source, snapshot, target, copying } });
  try {
    await run.prepare();
    return await switchWithTries(run, printStatus);
  } catch (error) {
    // After a commit without an answer, only the new cell knows.
    if ((await decideMove(needs.cells, move)) === "arrived") {
      throw new CannotStart(
        `The provider has moved, but its old rows are not deleted yet: ${errorMessage(error)}. Repeat the command.`,
        { cause: error },
      );
    }
    await cleanUp({ cells: needs.cells, move, place: to, tables, otherPlace: from });
    throw new CannotStart(`The provider was not moved: ${errorMessage(error)}`, { cause: error });
  }
}

async function switchWithTries(run: MoveRun, printStatus: MoveNeeds["printStatus"]): Promise<MoveReport> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run.switchCells();
    } catch (error) {
      if (run.mayHaveMoved || !isWorthAnotherTry(error) || attempt === triesMax) throw error;
      printStatus(`copying again: ${errorMessage(error)}`);
    }
  }
}

/** Ends a move that was interrupted. Returns where the provider is. */
export async function finishMove(
  cells: MoveCells,
  move: Move,
  places: { readonly source: CellPlace; readonly target: CellPlace },
): Promise<"arrived" | "abandoned"> {
  const outcome = await decideMove(cells, move);
  await using open = new AsyncDisposableStack();
  const client = await connectToCell(places.source);
  open.defer(() => client.end());
  const tables = await readMovedTables(client);
  const [place, otherPlace] = outcome === "arrived" ? [places.source, places.target] : [places.target, places.source];
  await cleanUp({ cells, move, place, tables, otherPlace });
  return outcome;
}

function refuseOtherTables(source: readonly MovedTable[], target: readonly MovedTable[]): void {
  const shapes = (tables: readonly MovedTable[]): string =>
    tables
      .map(({ name, columns }) => `${name} ${columns.toSorted().join(" ")}`)
      .toSorted()
      .join();
  if (shapes(source) !== shapes(target)) {
    throw new CannotStart("The cells have different tables: run `bellwire migrate` first.");
  }
}

const isWorthAnotherTry = (error: unknown): boolean => /^(?:23|55P03|40)/.test(errorCode(error) ?? "");

interface Leftovers {
  readonly cells: MoveCells;
  readonly move: Move;
  /** The cell that the provider is not in. */
  readonly place: CellPlace;
  readonly otherPlace: CellPlace;
  readonly tables: readonly MovedTable[];
}

/** Deletes what a move has left: rows in the cell where the provider is not, triggers, and records of the move. */
async function cleanUp({ cells, move, place, otherPlace, tables }: Leftovers): Promise<void> {
  await using open = new AsyncDisposableStack();
  for (const each of [place, otherPlace]) {
    const client = await connectToCell(each);
    open.defer(() => client.end().catch(() => undefined));
    await client.query(keepDaysStatement);
    if (each === place) await deleteRows(client, tables, move.providerId);
    await dropTriggers(client, tables, move.providerId);
    await client.query("delete from moved_changes where provider = $1", [move.providerId]);
  }
  await endMove(cells, move);
}

interface MoveRunNeeds {
  readonly needs: MoveNeeds;
  readonly move: Move;
  readonly tables: readonly MovedTable[];
  readonly clients: {
    /** Reads changes, and freezes. */
    readonly source: pg.Client;
    /** Reads all tables as of one moment. */
    readonly snapshot: pg.Client;
    /** Writes partitioned tables, step by step. */
    readonly target: pg.Client;
    /** Writes all other tables in one transaction. */
    readonly copying: pg.Client;
  };
}

/** One move from the first trigger to the switch. */
class MoveRun {
  readonly #needs: MoveNeeds;
  readonly #move: Move;
  readonly #clients: MoveRunNeeds["clients"];
  readonly #tables: readonly MovedTable[];
  readonly #history: readonly MovedTable[];
  readonly #others: readonly MovedTable[];
  #rows = 0;
  #mayHaveMoved = false;

  constructor({ needs, move, tables, clients }: MoveRunNeeds) {
    this.#needs = needs;
    this.#move = move;
    this.#clients = clients;
    this.#tables = tables;
    this.#history = tables.filter(({ isPartitioned }) => isPartitioned);
    this.#others = tables.filter(({ isPartitioned }) => !isPartitioned);
  }

  /** True from the commit on: only the new cell knows whether it succeeded, and the old one must not open again. */
  get mayHaveMoved(): boolean {
    return this.#mayHaveMoved;
  }

  /** Copies the partitioned tables while the provider works. */
  async prepare(): Promise<void> {
    const { source, target } = this.#clients;
    const { providerId, id } = this.#move;
    await this.#raiseNumbers();
    await createMissingPartitions(source, target);
    await source.query("insert into provider_moves (provider, id, state) values ($1, $2, 'copying')", [providerId, id]);
    await createTriggers(source, this.#tables, providerId);
    await forgetChanges(source, this.#tables, providerId);
    for (const table of this.#history) this.#rows += await copyTable({ source, target }, table, providerId);
    await this.#catchUp({});
    this.#needs.printStatus(`${this.#rows} rows of history copied`);
  }

  /** Copies everything else, stops deliveries, then changes, and switches. */
  async switchCells(): Promise<MoveReport> {
    const { copying } = this.#clients;
    try {
      const copied = await this.#copyOthers();
      this.#needs.printStatus(`${copied} other rows copied`);
      const undrained = await this.#drain();
      await this.#catchUp({ others: true });
      const heldAtMs = await this.#hold();
      await this.#freeze();
      await this.#catchUp({ others: true, isLast: true });
      await this.#commit();
      const pausedMs = Math.round((await completeMove(this.#needs.cells, this.#move)) - heldAtMs);
      await this.#wakeTarget();
      await systemClock.sleep(settleMs);
      const { cells, source: place, target: otherPlace } = this.#needs;
      await cleanUp({ cells, move: this.#move, place, otherPlace, tables: this.#tables });
      return { rows: this.#rows + copied, pausedMs, undrained };
    } catch (error) {
      if (this.#mayHaveMoved) throw error;
      await copying.query("rollback").catch(() => undefined); // its connection may be what failed
      await this.#setState("copying");
      await holdTenant(this.#needs.cells, this.#move, 0);
      throw error;
    }
  }

  /** Followers of feeds compare transaction numbers, so those of the new cell must be larger. */
  async #raiseNumbers(): Promise<void> {
    const { source, target } = this.#clients;
    const { rows } = await source.query<{ above: string }>(
      "select (transactions_horizon() + 1000000000)::text as above",
    );
    await withTableLock(target, "select raise_transaction_numbers($1)", [rows[0]?.above ?? "0"]);
  }

  async #copyOthers(): Promise<number> {
    const { source, snapshot, copying } = this.#clients;
    const { providerId, id } = this.#move;
    await forgetChanges(source, this.#others, providerId);
    await copying.query("begin");
    // A move that hangs must not hold its row for long: it decides whether the provider has moved.
    await copying.query("set local idle_in_transaction_session_timeout = '15s'");
    await copying.query("insert into provider_moves (provider, id, state) values ($1, $2, 'arrived')", [
      providerId,
      id,
    ]);
    await snapshot.query("begin isolation level repeatable read read only");
    try {
      let rows = 0;
      for (const table of this.#others) {
        rows += await copyTable({ source: snapshot, target: copying }, table, providerId);
      }
      return rows;
    } finally {
      await snapshot.query("rollback");
    }
  }

  /** Copies recorded changes until few are left; with `isLast`, until none is. */
  async #catchUp(which: { readonly others?: boolean; readonly isLast?: boolean }): Promise<void> {
    for (;;) {
      const copied = await this.#step(which);
      if (which.isLast ? copied === 0 : copied < 500) return;
    }
  }

  /** Copies recorded changes of the history, and before that of the other tables. Returns their number. */
  async #step({ others = false }: { readonly others?: boolean }): Promise<number> {
    const { source, target, copying } = this.#clients;
    const { providerId } = this.#move;
    let copied = 0;
    if (others)
      copied += await followChanges({ source, target: copying, isStepwise: false, tables: this.#others, providerId });
    copied += await followChanges({ source, target, isStepwise: true, tables: this.#history, providerId });
    if (others) await copying.query("select"); // else the server would end the session as idle while history is copied
    return copied;
  }

  async #drain(): Promise<number> {
    await this.#setState("draining");
    return drain(this.#clients.source, {
      schema: this.#needs.source.schema,
      providerId: this.#move.providerId,
      drainMs: this.#needs.drainMs,
      awaitsReports: true,
      meanwhile: () => this.#step({ others: true }),
    });
  }

  async #hold(): Promise<number> {
    const heldAtMs = systemClock.monotonicMs();
    await holdTenant(this.#needs.cells, this.#move, 5);
    await systemClock.sleep(holdMs);
    return heldAtMs;
  }

  /** Waits for the changes under way, and refuses others from then on. */
  async #freeze(): Promise<void> {
    const { source } = this.#clients;
    await transact(source, async () => {
      await source.query("set local lock_timeout = '2s'");
      await source.query("select pg_advisory_xact_lock(hashtextextended('bellwire move', $1))", [
        this.#move.providerId,
      ]);
      await this.#setState("frozen");
    });
  }

  async #commit(): Promise<void> {
    const { copying } = this.#clients;
    await copying.query(
      "update lanes set owner = null, epoch = epoch + 1 where provider_id = $1 and owner is not null",
      [this.#move.providerId],
    );
    const { text, values } = renderAudit(this.#needs.record);
    await copying.query(text, [...values]);
    this.#mayHaveMoved = true;
    await copying.query("commit");
  }

  async #setState(state: "copying" | "draining" | "frozen"): Promise<void> {
    await this.#clients.source.query(
      "update provider_moves set state = $3, changed_at = clock_timestamp() where provider = $1 and id = $2",
      [this.#move.providerId, this.#move.id, state],
    );
  }

  /** Announces the provider's work to the processes of the new cell. */
  async #wakeTarget(): Promise<void> {
    for (const channel of ["due", "jobs", "replays", "mails", "erasures"]) {
      await hint(this.#clients.target, this.#needs.target.schema, channel);
    }
  }
}

// Owned by a live engine, or not yet counted by the last owner.
const ownedStatement = `
  select count(*) filter (where engines.id is not null)::integer as owned,
    count(*) filter (where engines.id is null and lanes.epoch > 0 and (report.endpoint_id is null or report.epoch < lanes.epoch
      or not report.released))::integer as uncounted
  from lanes
  left join lane_reports report on report.endpoint_id = lanes.endpoint_id
  left join engines on engines.id = lanes.owner
    and engines.beat_at between clock_timestamp() - interval '10 seconds' and clock_timestamp() + interval '10 seconds'
  where lanes.provider_id = $1`;

interface Draining {
  readonly schema: string;
  readonly providerId: number;
  readonly drainMs: number;
  /** Waits until the last attempts are in the statistics, too. */
  readonly awaitsReports?: boolean;
  readonly meanwhile?: () => Promise<unknown>;
}

const hintEveryMs = 500;

/** Lets engines end their attempts and release the lanes. Returns the number of lanes that they did not release in time. */
async function drain(
  client: pg.Client,
  { schema, providerId, drainMs, awaitsReports = false, meanwhile }: Draining,
): Promise<number> {
  const beganMs = systemClock.monotonicMs();
  let hintedMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - hintedMs >= hintEveryMs) {
      hintedMs = nowMs;
      await hint(client, schema, "endpoints");
    }
    const { rows } = await client.query<{ owned: number; uncounted: number }>(ownedStatement, [providerId]);
    const { owned, uncounted } = rows[0] ?? { owned: 0, uncounted: 0 };
    if (owned + (awaitsReports ? uncounted : 0) === 0 || nowMs - beganMs >= drainMs) return owned;
    await meanwhile?.();
    await systemClock.sleep(stepPauseMs);
  }
}

/** Announces work or changes of some objects of a channel; without ids, of any. */
async function hint(client: pg.Client, schema: string, channel: string, ids: readonly string[] = []): Promise<void> {
  const payload = serializeHints(randomHex(8), new Map([[channel, new Set(ids)]]));
  await client.query("select pg_notify($1, $2)", [schema, payload]);
}

interface DeletionNeeds {
  readonly directory: Pool;
  /** The provider's cell. */
  readonly place: CellPlace;
  readonly providerId: number;
  /** How long attempts in flight may take to end. The outcome of others is not recorded. */
  readonly drainMs: number;
  readonly printStatus: (line: string) => void;
}

export interface DeletionReport {
  readonly rows: number;
  /** Lanes whose attempts did not end in time. */
  readonly undrained: number;
}

/**
 * Deletes a provider with all of its rows (docs/decisions/0039-deleted-providers.md). The caller holds the locks of the provider's
 * moves and of its cell. To workers and engines, the provider leaves the cell, as one that moves. If this is interrupted after any
 * step, the next call repeats the steps that have nothing left to do, and continues: the directory's row goes last.
 */
export async function deleteProvider({
  directory,
  place,
  providerId,
  drainMs,
  printStatus,
}: DeletionNeeds): Promise<DeletionReport> {
  const client = await connectToCell(place);
  await using _connection = { [Symbol.asyncDispose]: () => client.end() };
  await requireOwner(client);
  await client.query(keepDaysStatement);
  const tables = await readMovedTables(client);
  const isMarked = await directory.inTransaction((tx) => markDeleting(tx, providerId));
  if (!isMarked) throw new CannotStart("The provider is moving to another cell: end its move first.");

  await createTriggers(client, tables, providerId);
  await client.query(beginStatement, [providerId]);
  printStatus("no host serves the provider any more; attempts in flight end");
  const { schema } = place;
  const undrained = await drain(client, { schema, providerId, drainMs });
  await withTableLock(client, leaveStatement, [providerId]);
  const rows = await deleteRows(client, tables, providerId);
  await hint(client, schema, callersChannel, [String(providerId)]);
  await dropTriggers(client, tables, providerId);
  await client.query("delete from moved_changes where provider = $1", [providerId]);
  await client.query("delete from provider_moves where provider = $1", [providerId]);
  await directory.inTransaction((tx) => deleteTenant(tx, providerId));
  return { rows, undrained };
}

// An interrupted deletion has left the row in this state or the next.
const beginStatement = `
  insert into provider_moves (provider, id, state) values ($1, gen_random_uuid(), 'draining')
  on conflict (provider) where state in ('copying', 'draining', 'frozen', 'left') do nothing`;

// Refuses all changes of the provider from now on. Waits for those under way: their triggers hold the lock.
const leaveStatement = `
  with others as materialized (
    select pg_advisory_xact_lock(hashtextextended('bellwire move', $1))
  )
  update provider_moves set state = 'left', changed_at = clock_timestamp()
  from others
  where provider = $1 and state = 'draining'`;
