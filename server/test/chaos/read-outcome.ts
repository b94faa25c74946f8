import pg from "pg";
import { until } from "../support/until.ts";
import { sendRequest, requestWithRetries, itemsAt, valueAt, type BellwireApi } from "./api-client.ts";
import type { Change } from "./change.ts";

export interface ListedEvent {
  readonly id: string;
  readonly type: string;
  readonly objectId: number;
  readonly accountId: number;
  readonly sequence: number;
}

export interface ListedDelivery {
  readonly eventId: string;
  readonly endpoint: string;
  readonly state: string;
  readonly attemptsMade: number;
}

/** Waits until nothing is due and the failure list is complete. Enables disabled endpoints, as an admin would. */
export async function waitForQuiet(api: BellwireApi, ownerUrl: () => string, withinMs: number): Promise<void> {
  await until(
    async () => {
      await enableAll(api).catch(() => undefined); // still starting
      return (await countPending(ownerUrl())) === 0;
    },
    { withinMs, everyMs: 1000 },
  );
}

/** Enables the endpoints that a receiver's 410 disabled. */
export async function enableAll(api: BellwireApi): Promise<void> {
  const { body } = await sendRequest(api, "GET", "/api/v1/endpoints");
  for (const endpoint of itemsAt(body, "data")) {
    if (valueAt(endpoint, "state") !== "disabled") continue;
    await sendRequest(api, "PATCH", `/api/v1/endpoints/${String(valueAt(endpoint, "id"))}`, { state: "enabled" });
  }
}

/** Counts the failures that the list does not show yet: it shows one once its second has passed. */
export const unlistedStatement =
  "select count(*)::integer as unlisted from bellwire.failures where failed_at >= date_trunc('second', clock_timestamp())";

const pendingStatement = `select (select count(*) from bellwire.due)::integer + (${unlistedStatement}) as pending`;

/** Counts what is due, and the failures that the list does not show yet. */
async function countPending(ownerUrl: string): Promise<number | undefined> {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query<{ pending: number }>(pendingStatement)).rows[0]?.pending;
  } catch {
    return undefined; // still starting
  } finally {
    await client.end().catch(() => undefined);
  }
}

const dueStatement = `
  select format('%s (%s%s): %s due, %s in an order behind others, %s attempts made at most, from %s to %s', endpoint.name,
    endpoint.state, case when endpoint.active then '' else ', off' end, count(*), count(*) filter (where due.due_at = 'infinity'),
    max(due.attempts_made), min(due.due_at), max(due.due_at) filter (where due.due_at < 'infinity')) as line
  from bellwire.due due
  join bellwire.endpoints endpoint on endpoint.id = due.endpoint_id
  group by endpoint.id, endpoint.name, endpoint.state, endpoint.active
  union all
  select format('lane of %s: owner %s, epoch %s, not before %s', endpoint_id, owner, epoch, not_before) from bellwire.lanes
  union all select format('now it is %s', clock_timestamp())`;

/** Describes the remaining due deliveries: their lanes, and the reason for which they wait. */
export async function describeDue(ownerUrl: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return (await client.query<{ line: string }>(dueStatement)).rows.map(({ line }) => line);
  } finally {
    await client.end();
  }
}

export async function readEvents(api: BellwireApi): Promise<readonly ListedEvent[]> {
  return (await readPages(api, "/api/v1/events?")).map(asListedEvent);
}

export const asListedEvent = (event: unknown): ListedEvent => ({
  id: String(valueAt(event, "id")),
  type: String(valueAt(event, "type")),
  objectId: Number(valueAt(event, "object_id")),
  accountId: Number(valueAt(event, "account_id")),
  sequence: Number(valueAt(event, "sequence")),
});

export async function readDeliveries(
  api: BellwireApi,
  endpointIds: ReadonlyMap<string, number>,
): Promise<readonly ListedDelivery[]> {
  const all = await Promise.all(
    [...endpointIds].map(async ([endpoint, id]) => {
      const pages = await readPages(api, `/api/v1/deliveries?endpoint_id=${id}&`);
      return pages.map((delivery) => ({
        eventId: String(valueAt(delivery, "event_id")),
        endpoint,
        state: String(valueAt(delivery, "state")),
        attemptsMade: Number(valueAt(delivery, "attempts_made")),
      }));
    }),
  );
  return all.flat();
}

/** The failure list, as `event endpoint-name`. */
export async function readFailures(api: BellwireApi): Promise<ReadonlySet<string>> {
  const failures = await readPages(api, "/api/v1/failures?");
  return new Set(
    failures.map((failure) => `${String(valueAt(failure, "id"))} ${String(valueAt(failure, "endpoint_name"))}`),
  );
}

async function readPages(api: BellwireApi, path: string): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  let after = "";
  for (;;) {
    const { status, body } = await requestWithRetries(api, "GET", `${path}limit=200${after}`);
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${JSON.stringify(body)}`);
    all.push(...itemsAt(body, "data"));
    const next = valueAt(body, "next");
    if (typeof next !== "string") return all;
    after = `&after=${encodeURIComponent(next)}`;
  }
}

/** Decides a change of unknown outcome from the final state: its client has not changed the account since. */
export async function resolveOutcome(api: BellwireApi, change: Change): Promise<Change> {
  if (change.outcome !== "unknown") return change;
  const object = await findObject(api, change);
  const isCommitted = change.type.endsWith("deleted") ? object === undefined : object !== undefined;
  if (!isCommitted || !object) return { ...change, outcome: isCommitted ? "committed" : "refused" };
  const objectId = Number(valueAt(object, "id"));
  return { ...change, outcome: "committed", objectId, accountId: change.accountId ?? objectId };
}

/** Returns whether the change has left its object with its marker, or without the object for a deletion. */
async function findObject(api: BellwireApi, change: Change): Promise<unknown> {
  const [subject = "", verb] = change.type.split(".");
  const get = async (path: string): Promise<unknown> => {
    const { status, body } = await requestWithRetries(api, "GET", path);
    if (status !== 200 && status !== 404) throw new Error(`${path} was answered with ${status}`);
    return status === 200 ? body : undefined;
  };
  if (change.type === "account.created") {
    return valueAt(await get(`/admin/api/accounts/find.json?username=u${change.marker}`), "account");
  }
  const account = `/admin/api/accounts/${change.accountId}`;
  if (verb === "created") {
    const list = itemsAt(await get(`${account}/${subject}s.json`), `${subject}s`);
    return list.map((item) => valueAt(item, subject)).find((item) => carries(item, change.marker));
  }
  const path = subject === "account" ? account : `${account}/${subject}s/${change.objectId}`;
  const object = valueAt(await get(`${path}.json`), subject);
  return verb === "deleted" || carries(object, change.marker) ? object : undefined;
}

const carries = (object: unknown, marker: string): boolean =>
  [valueAt(object, "org_name"), valueAt(object, "description")].includes(marker) ||
  valueAt(object, "email") === `${marker}@example.com`;
