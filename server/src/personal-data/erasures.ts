import {
  type Actor,
  type ChangeContext,
  type DataSubject,
  endSessionsOfUsers,
  eraseAuditRecords,
  eraseSavedViews,
  findAccountInAudit,
  forgetResponses,
} from "#access/index.ts";
import { leavingProviders } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow, stepsOf, type Transaction } from "#platform/database/database.ts";
import { errorCode, errorMessage } from "#platform/errors.ts";
import { firstUuid, lastRowId } from "#platform/ids.ts";
import { deleteAccount, eraseMessages, readAccount } from "#portal/accounts/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { deleteUser, eraseInvitations, readUser } from "#portal/users/index.ts";
import { eraseEventBatch, findAccountInEvents, readTraces } from "#webhooks/events/index.ts";
import { eraseMails } from "#portal/mails/index.ts";
import { eraseBinRequests, findAccountInBins } from "#request-bin/index.ts";
import { eraseDeliveries, hasPendingDeliveries } from "#webhooks/deliveries/index.ts";
import { eraseJobs } from "#webhooks/jobs/index.ts";

export const pendingChoices = ["send", "cancel"] as const;
/** `send`: deliveries that have not ended are sent first. `cancel`: they are cancelled. */
export type PendingChoice = (typeof pendingChoices)[number];

/** Deliveries are waited for so long. The rest is cancelled. */
export const sendDaysMax = 7;
/** An erasure ends within this time after its request, or with `send` after the last delivery has ended. */
export const erasedWithinHours = 1;

export type ErasureState = "waiting" | "running" | "done";

export interface Erasure extends DataSubject {
  readonly id: number;
  readonly pending: PendingChoice;
  readonly state: ErasureState;
  /** Events that were erased. */
  readonly events: number;
  readonly error: string | null;
  readonly actorKind: Actor["kind"];
  readonly actorUserId: number | null;
  readonly createdAt: Date;
  readonly sendUntil: Date | null;
  readonly finishedAt: Date | null;
}

const columns = `id, provider_id, account_id, user_id, pending, events, error, actor_kind, actor_user_id, created_at, send_until,
  finished_at, case step when 'wait' then 'waiting' when 'done' then 'done' else 'running' end as state`;

/** A subject as requested. */
export type RequestedSubject =
  | { readonly accountId: number; readonly userId?: undefined }
  | { readonly accountId?: undefined; readonly userId: number };

export interface NewErasure {
  readonly provider: Provider;
  readonly subject: RequestedSubject;
  readonly pending: PendingChoice;
  readonly by: ChangeContext;
  /** Runs in the transaction of the erasure. */
  readonly follow: (tx: Transaction, erasure: Erasure) => Promise<void>;
}

export type ErasureOutcome =
  | { readonly erasure: Erasure }
  /** The account would have no admin left. Erase the account, or appoint another admin. */
  | { readonly notAllowed: "last admin" }
  | { readonly notAllowed: "running" };

// The wait of `cancel` is over at once.
const insertStatement = `
  insert into erasures (provider_id, account_id, user_id, pending, actor_kind, actor_user_id, created_at, send_until, work_at)
  values ($1, $2, $3, $4, $5, $6, $7, case when $4 = 'send' then $7::timestamptz + make_interval(days => $8) end, $7)
  returning ${columns}`;

const uniqueViolation = "23505";

/**
 * Deletes the account or the user, if it exists, and starts the erasure. If the process dies in between, repeat it.
 * Returns undefined if the provider never had such an account or user, or neither events, audit records nor bins have any of it.
 */
export async function createErasure(
  pool: Pool,
  { provider, subject, pending, by, follow }: NewErasure,
): Promise<ErasureOutcome | undefined> {
  const providerId = provider.id;
  const accountId = await findAccountOf(pool, providerId, subject);
  if (accountId === undefined) return undefined;
  const userId = subject.userId ?? null;
  if (userId === null) await deleteAccount(stepsOf(pool), { provider, accountId, by });
  else {
    const deleted = await deleteUser(stepsOf(pool), { provider, accountId, userId, by });
    if (deleted && "notAllowed" in deleted) return deleted;
  }
  const { actor, now } = by;
  const actorUserId = "userId" in actor ? actor.userId : null;
  try {
    return await pool.inTransaction(async (tx) => {
      const values = [providerId, accountId, userId, pending, actor.kind, actorUserId, now, sendDaysMax];
      const erasure = await queryRow<Erasure>(tx, insertStatement, values);
      await follow(tx, erasure);
      tx.hintAfterCommit("erasures", "");
      return { erasure };
    });
  } catch (error) {
    if (errorCode(error) === uniqueViolation) return { notAllowed: "running" };
    throw error;
  }
}

/** Returns the account of a present or deleted subject. */
export async function findAccountOf(
  db: Database,
  providerId: number,
  { accountId, userId }: RequestedSubject,
): Promise<number | undefined> {
  const present =
    userId === undefined
      ? (await readAccount(db, providerId, accountId))?.id
      : (await readUser(db, providerId, userId))?.accountId;
  const subject = { providerId, accountId, userId };
  return (
    present ??
    (await findAccountInEvents(db, subject)) ??
    (await findAccountInAudit(db, subject)) ??
    findAccountInBins(db, subject)
  );
}

const selectStatement = `select ${columns} from erasures where provider_id = $1 and id = $2`;

export async function readErasure(db: Database, providerId: number, id: number): Promise<Erasure | undefined> {
  const [erasure] = await db.query<Erasure>(selectStatement, [providerId, id]);
  return erasure;
}

// Along the primary key.
const listStatement = `
  select ${columns} from erasures
  where provider_id = $1 and id < coalesce($2::bigint, ${lastRowId})
  order by id desc
  limit $3`;

/** Lists erasures, newest first. They stay as a proof and contain only ids. */
export const listErasures = (
  db: Database,
  { providerId, beforeId, limit }: { providerId: number; beforeId?: number | undefined; limit: number },
): Promise<Erasure[]> => db.query<Erasure>(listStatement, [providerId, beforeId, limit]);

/** The erasure that a worker has claimed, at its present step. */
interface ClaimedErasure extends DataSubject {
  readonly id: number;
  readonly pending: PendingChoice;
  /** `wait` for deliveries, erase `events` in batches, then the `traces` elsewhere. */
  readonly step: "wait" | "events" | "traces";
  readonly pass: number;
  readonly lastEvent: string;
  readonly terms: readonly string[];
  readonly sendUntil: Date | null;
}

/** How often deliveries that are waited for are checked. */
const waitSeconds = 60;
/**
 * The second pass begins so long after the first one. By then, attempts that were in flight have been recorded: they take a
 * minute at most.
 */
export const secondPassSeconds = 150;

const claimColumns = `provider_id, id, account_id, user_id, pending, step, pass, last_event, terms, send_until`;
const isDue = `finished_at is null and work_at <= $1 and provider_id not in (${leavingProviders})`;

// The erasure that has waited longest. Skips those that another process works on. By erasures_unfinished_idx.
const findDueStatement = `
  select ${claimColumns} from erasures
  where ${isDue}
  order by work_at
  limit 1
  for update skip locked`;

// Locked until its step commits. Another process may have done the step since.
const claimStatement = `
  select ${claimColumns} from erasures
  where ${isDue} and provider_id = $2 and id = $3 and step = $4 and pass = $5
  for update skip locked`;

/** The state of an erasure after a step. */
interface NextStep {
  readonly step: ClaimedErasure["step"] | "done";
  readonly pass?: number;
  readonly lastEvent?: string;
  readonly terms?: readonly string[];
  readonly erased?: number;
  /** Undefined: the next step follows at once. */
  readonly waitSeconds?: number;
}

// Names and addresses are deleted with the last step.
const advanceStatement = `
  update erasures set step = $3, pass = $4, last_event = $5, terms = case when $3 = 'done' then '{}' else $6::text[] end,
    events = events + $7, work_at = $8::timestamptz + make_interval(secs => $9), tries = 0, error = $10,
    finished_at = case when $3 = 'done' then $8::timestamptz end
  where provider_id = $1 and id = $2`;

/** Never gives up: 2, 4, 8 … seconds, at most five minutes. */
const postponeStatement = `
  update erasures set tries = least(tries + 1, 1000), error = $3,
    work_at = $4::timestamptz + make_interval(secs => least(power(2, least(tries, 10) + 1), 300))
  where provider_id = $1 and id = $2`;

const lockDaysStatement = `select lock_history_days()`;

/** Another cell of the installation. */
export interface OtherCell {
  readonly name: string;
  /** Runs work on its database. Rejects if it does not respond. */
  readonly visit: (work: (cell: Database) => Promise<void>) => Promise<void>;
}

interface MissedCell {
  readonly name: string;
  readonly error: unknown;
}

/** Erases the requests in the bins of other cells. Returns the cells in which it failed. */
async function eraseElsewhere(
  home: Database,
  erasure: ClaimedErasure,
  cells: readonly OtherCell[],
): Promise<readonly MissedCell[]> {
  const missed: MissedCell[] = [];
  for (const { name, visit } of cells) {
    try {
      await visit((cell) => eraseBinRequests(home, cell, erasure));
    } catch (error) {
      missed.push({ name, error });
    }
  }
  return missed;
}

/** The provider's admins read it, so it names no host. */
const missedMessage = (missed: readonly MissedCell[]): string =>
  `The request bins of other cells could not be searched: ${missed.map(({ name }) => name).join(", ")}`;

/**
 * Does one step of one erasure in a transaction, which also advances it, so a killed process repeats at most a step. Each
 * step can be repeated. Returns false if nothing is to do. A cell that does not respond holds up the end only: the last step is
 * repeated until all cells have responded. Rejects if one has not.
 */
export async function workOnErasure(
  pool: Pool,
  now: Date,
  listOtherCells: () => Promise<readonly OtherCell[]> = async () => [],
): Promise<boolean> {
  const [due] = await pool.query<ClaimedErasure>(findDueStatement, [now]);
  if (!due) return false;
  let missed: readonly MissedCell[] = [];
  try {
    // An endpoint may point to a bin of any cell. Before the transaction, because feeds of all providers wait for those that write, and
    // a cell may take seconds not to respond.
    if (due.step === "traces") {
      await eraseBinRequests(pool, pool, due);
      missed = await eraseElsewhere(pool, due, await listOtherCells());
    }
    await pool.inTransaction((tx) => advance(tx, due, missed, now));
  } catch (error) {
    await postpone(pool, due, errorMessage(error), now);
    throw error;
  }
  if (missed.length > 0) {
    const errors = missed.map(({ error }) => error);
    throw new AggregateError(errors, `${missedMessage(missed)}: ${errors.map(errorMessage).join("; ")}`);
  }
  return true;
}

/** Does the step, and sets the next one. */
async function advance(
  tx: Transaction,
  { providerId, id, step, pass }: ClaimedErasure,
  missed: readonly MissedCell[],
  now: Date,
): Promise<void> {
  await tx.query(lockDaysStatement); // before any row of the history is read
  const [claimed] = await tx.query<ClaimedErasure>(claimStatement, [now, providerId, id, step, pass]);
  if (!claimed) return;
  const { lastEvent, terms } = claimed;
  const next = { pass, lastEvent, terms, erased: 0, waitSeconds: 0, ...(await takeStep(tx, claimed, now)) };
  const error = missed.length > 0 ? missedMessage(missed) : null;
  if (error !== null && next.step === "done") return postpone(tx, claimed, error, now);
  const state = [next.step, next.pass, next.lastEvent, next.terms, next.erased, now, next.waitSeconds, error];
  await tx.query(advanceStatement, [providerId, id, ...state]);
}

async function postpone(db: Database, { providerId, id }: ClaimedErasure, message: string, now: Date): Promise<void> {
  await db.query(postponeStatement, [providerId, id, message, now]);
}

function takeStep(tx: Transaction, erasure: ClaimedErasure, now: Date): Promise<NextStep> {
  switch (erasure.step) {
    case "wait":
      return waitForDeliveries(tx, erasure, now);
    case "events":
      return eraseEvents(tx, erasure, now);
    case "traces":
      return eraseTraces(tx, erasure);
  }
}

/** Waits for deliveries if requested, then collects the names to search for, which only the events contain. */
async function waitForDeliveries(tx: Transaction, erasure: ClaimedErasure, now: Date): Promise<NextStep> {
  const { pending, sendUntil } = erasure;
  const maySend = pending === "send" && sendUntil !== null && now < sendUntil;
  if (maySend && (await hasPendingDeliveries(tx, erasure))) return { step: "wait", waitSeconds };
  const { terms } = await readTraces(tx, erasure);
  return { step: "events", terms };
}

async function eraseEvents(tx: Transaction, erasure: ClaimedErasure, now: Date): Promise<NextStep> {
  const { providerId, accountId, userId, id, pass } = erasure;
  const subject = { providerId, accountId, userId };
  const { eventIds, ownEventIds, next } = await eraseEventBatch(tx, {
    ...subject,
    id,
    after: erasure.lastEvent,
    at: now,
  });
  await eraseDeliveries(tx, { providerId, erasureId: id, eventIds, cancelledEventIds: ownEventIds });
  const erased = pass === 1 ? eventIds.length : 0;
  return next === undefined ? { step: "traces", erased } : { step: "events", lastEvent: next, erased };
}

async function eraseTraces(tx: Transaction, erasure: ClaimedErasure): Promise<NextStep> {
  const { providerId, accountId, userId, id, pass, terms } = erasure;
  const subject = { providerId, accountId, userId };
  const { objects, userIds } = await readTraces(tx, subject);
  await endSessionsOfUsers(tx, { providerId, audience: "developer", userIds });
  await eraseInvitations(tx, { ...subject, terms });
  await eraseMails(tx, { ...subject, terms });
  await eraseMessages(tx, { ...subject, terms });
  await eraseAuditRecords(tx, { ...subject, objects, terms, erasureId: id });
  await eraseSavedViews(tx, { providerId, terms });
  await forgetResponses(tx, providerId);
  await eraseJobs(tx, { providerId, objectId: userId ?? accountId, terms });
  return pass === 1
    ? { step: "events", pass: 2, lastEvent: firstUuid, waitSeconds: secondPassSeconds }
    : { step: "done" };
}
