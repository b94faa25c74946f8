import { randomBytes } from "node:crypto";
import type { Actor } from "#access/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { record, value } from "#platform/document.ts";
import { type Encryption, createEncryption } from "#platform/encryption.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import type { BodyFamily, Settlement } from "#webhooks/deliveries/index.ts";
import type { EndpointNeeds } from "#webhooks/endpoints/index.ts";
import { type NewEvent, type RecordedEvent, recordEvents } from "#webhooks/events/index.ts";
import { type Job, type JobToCreate, type RowKey, type SelectRows, createJob } from "#webhooks/jobs/index.ts";
import { workOnReplay } from "#webhooks/replays/index.ts";
import { until } from "./until.ts";

export const encryption: Encryption = createEncryption([Buffer.alloc(32, 7)]);

export const aDeveloper: Actor = { kind: "developer", userId: 21 };

/** An admin, where the identity does not matter. */
export const bySystem: { readonly actor: Actor } = { actor: { kind: "system" } };

/** What changes of endpoints need. Endpoints may be on this machine. */
export function endpointNeeds(pool: Pool): EndpointNeeds {
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const targets = { allowed, lookup: async () => [], isOwnBin: () => false };
  return { pool, encryption, targets, retryWaitsSeconds: [1] };
}

let providers = 0;

/** Inserts a provider's row, without portal objects. */
export async function buildProvider(
  pool: Pool,
  { webHooks = "visible", eventSource = "https://acme-admin.example" } = {},
): Promise<number> {
  providers += 1;
  const id = 1000 + providers;
  await pool.query(
    `with tenant as (insert into bellwire_directory.tenants (provider_id, subdomain, cell_number) values ($1, $2, 0))
     insert into providers (id, name, subdomain, provider_key_digest, web_hooks, event_source) values ($1, $2, $2, $3, $4, $5)`,
    [id, `provider-${id}`, randomBytes(32), webHooks, eventSource],
  );
  return id;
}

export interface EndpointChoices {
  readonly providerId: number;
  readonly url: string;
  readonly name?: string;
  readonly active?: boolean;
  readonly eventTypes?: readonly string[];
  readonly providerActions?: boolean;
  readonly allActors?: boolean;
  readonly retryWaitsSeconds?: readonly number[];
  readonly timeoutSeconds?: number;
  readonly maxInFlight?: number;
  readonly maxPerSecond?: number;
  readonly format?: BodyFamily;
  readonly includeCredentials?: boolean;
  readonly ordering?: "none" | "object" | "account";
}

/** Inserts an endpoint that gets every event of developers, and retries five times without waiting. */
export async function buildEndpoint(pool: Pool, choices: EndpointChoices): Promise<number> {
  const [row] = await pool.query<{ id: number }>(
    `with endpoint as (
       insert into endpoints (provider_id, name, url, url_masked, secret, active, event_types, provider_actions, all_actors,
         retry_waits_seconds, timeout_seconds, max_in_flight, ordering, max_per_second, format, include_credentials)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning id, provider_id)
     insert into lanes (endpoint_id, provider_id) select id, provider_id from endpoint returning endpoint_id as id`,
    [
      choices.providerId,
      choices.name ?? "default",
      encryption.encrypt("endpoint url", choices.url),
      choices.url,
      encryption.encrypt("endpoint secret", `whsec_${Buffer.alloc(32, 1).toString("base64")}`),
      choices.active ?? true,
      choices.eventTypes ?? ["*"],
      choices.providerActions ?? false,
      choices.allActors ?? false,
      choices.retryWaitsSeconds ?? [0, 0, 0, 0, 0],
      choices.timeoutSeconds ?? 5,
      choices.maxInFlight ?? null,
      choices.ordering ?? "none",
      choices.maxPerSecond ?? null,
      choices.format ?? "3scale",
      choices.includeCredentials ?? false,
    ],
  );
  if (!row) throw new Error("No endpoint was created.");
  return row.id;
}

type UnnumberedEvent = Omit<NewEvent, "sequence" | "recordedAfter">;

export const anEvent = (overrides: Partial<UnnumberedEvent> = {}): UnnumberedEvent => ({
  type: "account.created",
  objectId: 31,
  accountId: 31,
  accountName: "Harbour & Sons",
  document: record("account", [value("id", 31), value("org_name", "Harbour & Sons")]),
  ...overrides,
});

/** The outcome of a successful first attempt without an ordering key. */
export const aSuccess = (delivery: Pick<Settlement, "endpointId" | "epoch" | "eventId">): Settlement => ({
  ...delivery,
  orderingKey: null,
  number: 1,
  at: new Date(),
  end: "delivered",
  status: 200,
  error: null,
  errorClass: null,
  latencyMs: 1,
  responseHeaders: {},
  responseBody: null,
  retryAfterSeconds: null,
  retriedAt: null,
  url: null,
  settingsId: 1,
  trace: null,
});

interface Circumstances {
  readonly providerId: number;
  readonly actor?: Actor;
  /** The clock of the process. */
  readonly now?: Date;
}

/** Records events of accounts without rows. Resolves when they are written. */
export async function recordIn(
  tx: Transaction,
  { providerId, actor = aDeveloper, now = new Date() }: Circumstances,
  events: readonly UnnumberedEvent[] = [anEvent()],
): Promise<readonly RecordedEvent[]> {
  const cause = { providerId, actor, channel: "developer_portal", now } as const;
  const recorded = await recordEvents(tx, cause, await numberEvents(tx, providerId, events));
  await tx.query("select"); // completes after the statements that were sent without waiting
  return recorded;
}

/** Numbers events without gaps in the order of commits, like the holder of an account's row lock. */
async function numberEvents(
  tx: Transaction,
  providerId: number,
  events: readonly UnnumberedEvent[],
): Promise<readonly NewEvent[]> {
  const last = new Map<number, number>();
  for (const accountId of [...new Set(events.map((event) => event.accountId))].toSorted((a, b) => a - b)) {
    await tx.query("select pg_advisory_xact_lock(hashtextextended($1, $2))", [String(accountId), providerId]);
    const [row] = await tx.query<{ last: number }>(
      "select coalesce(max(sequence), 0) as last from events where provider_id = $1 and account_id = $2",
      [providerId, accountId],
    );
    last.set(accountId, row?.last ?? 0);
  }
  return events.map((event) => {
    const sequence = (last.get(event.accountId) ?? 0) + 1;
    last.set(event.accountId, sequence);
    return { ...event, sequence, recordedAfter: 0 };
  });
}

/** Records events in one transaction, and returns their ids. */
export async function recordNow(
  pool: Pool,
  circumstances: Circumstances,
  events?: readonly UnnumberedEvent[],
): Promise<string[]> {
  const recorded = await pool.inTransaction((tx) => recordIn(tx, circumstances, events));
  return recorded.map((event) => event.id);
}

/** Waits until feeds show every event. Another transaction of the server may hold them back for a moment. */
export const feedsAreComplete = (pool: Pool): Promise<boolean> =>
  until(async () => (await pool.query("select from events where recorded_in >= transactions_horizon()")).length === 0);

/**
 * Runs started replays to their end. A batch may find no rows for a moment, while a transaction is open that
 * began before the replay.
 */
export const finishReplays = (pool: Pool): Promise<boolean> =>
  until(async () => {
    while (await workOnReplay(pool));
    return (await pool.query("select from replays where finished_at is null")).length === 0;
  });

/** Starts a job of the system on deliveries, if no other actor or subject is given. */
export const startJob = (
  pool: Pool,
  job: Pick<JobToCreate, "providerId" | "kind" | "rows"> & Partial<JobToCreate>,
): Promise<Job> =>
  createJob(pool, {
    subject: "deliveries",
    selection: {},
    endpointId: null,
    format: null,
    ...bySystem,
    follow: async () => undefined,
    ...job,
  });

/** Selects these rows, in one batch. */
export const selecting = (rows: readonly RowKey[]): SelectRows =>
  async function* () {
    yield rows;
  };
