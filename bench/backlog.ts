import { systemClock } from "../server/src/platform/clock.ts";
import type { Database, Pool } from "../server/src/platform/database/database.ts";
import type { Encryption } from "../server/src/platform/encryption.ts";
import type { BenchReceiver } from "./receiver.ts";

/** Parameters of every benchmark: the size of a 3scale body, and the engine's default concurrency. */
export const bodyBytes = 1500;
export const inFlightMax = 200;
export const endpointSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export interface DueRows {
  readonly deliveries: number;
  readonly bodyBytes: number;
  /** Default: now. */
  readonly dueAt?: Date;
  readonly attemptsMade?: number;
  /** Number of ordering keys; only the first row of each is due. Default: no order. */
  readonly keys?: number;
  /** Number of existing deliveries, so that sequence numbers continue. */
  readonly offset?: number;
  /** Default: all. */
  readonly endpointIds?: readonly number[];
  /** Records a trace of one event in this number. Default: none. */
  readonly tracedOneIn?: number | undefined;
}

export interface Backlog extends DueRows {
  readonly encryption: Encryption;
  /** One endpoint per URL. */
  readonly urls: readonly string[];
  readonly secret: string;
}

const insertEndpoints = `
  with endpoint as (
    insert into endpoints (provider_id, name, url, url_masked, secret, event_types, provider_actions, retry_waits_seconds,
      ordering)
    select provider.id, 'endpoint ' || url_masked, endpoint.url, url_masked, $3, '{*}', true, '{60,60,60,60,60}', 'none'
    from (select id from providers where $4::text is null or subdomain = $4 limit 1) as provider,
      unnest($1::bytea[], $2::text[]) with ordinality as endpoint (url, url_masked, number)
    returning id, provider_id
  )
  insert into lanes (endpoint_id, provider_id) select id, provider_id from endpoint`;

// Writes the rows of recordEvents, with ids of today. Endpoints and keys take turns.
const insertDeliveries = `
  with event as (
    select uuidv7() as id, number, $6::integer + number as nth, coalesce(number % $5::integer, number) as account,
      coalesce(1 + ($6::integer + number - 1) / $5::integer, 1) as sequence
    from generate_series(1, $1::integer) as number
  ), recorded as (
    insert into events (provider_id, id, type, action, object_id, account_id, account_name, sequence, actor_kind,
      actor_user_id, channel, occurred_at, document, renderer_version)
    select 1, id, 'account.created', 'created', number, number, 'Harbour & Sons', sequence, 'developer', 21, 'developer_portal',
      now(), '{}', 1
    from event
  ), bytes as (
    insert into payloads (provider_id, event_id, format, body, context)
    select 1, id, '3scale', $2, json_strip_nulls(json_build_object('type', 'account.created', 'objectId', number, 'accountId', account,
      'time', '2026-11-24T12:00:00.000Z', 'sequence', sequence, 'actor', 'developer:21', 'channel', 'developer_portal', 'trace', case when number % $8::integer = 0 then
        json_build_object('traceparent', '00-' || md5(id::text) || '-00f067aa0ba902b7-01') end))
    from event
  ), receiving as (
    select id, row_number() over (order by id) as number from endpoints where $7::bigint[] is null or id = any($7)
  )
  insert into due (provider_id, event_id, endpoint_id, format, ordering_key, sequence, due_at, attempts_made)
  select 1, event.id, endpoint.id, '3scale', 'account/' || event.nth % $5::integer, event.sequence,
    case when event.nth > $5::integer then 'infinity' else coalesce($3, clock_timestamp()) end, $4
  from event
  join receiving endpoint on endpoint.number = 1 + event.number % (select count(*) from receiving)`;

/** Rows per statement, so that each ends long before the statement timeout. */
const batchMax = 20_000;

/** Fills an empty database with endpoints and due deliveries. */
export async function fillBacklog(pool: Pool, backlog: Backlog): Promise<void> {
  await pool.query(
    `with tenant as (insert into bellwire_directory.tenants (provider_id, subdomain, cell_number) values (1, 'bench', 0))
     insert into providers (id, name, subdomain, provider_key_digest) values (1, 'Bench', 'bench', '\\x00')`,
  );
  await addEndpoints(pool, backlog);
  for (let remaining = backlog.deliveries; remaining > 0; remaining -= batchMax)
    await addDue(pool, {
      ...backlog,
      deliveries: Math.min(remaining, batchMax),
      offset: backlog.deliveries - remaining,
    });
  await pool.query("analyze due, events, payloads, endpoints, lanes");
}

/** Adds endpoints that receive every event, including changes through the API. */
export async function addEndpoints(
  db: Database,
  { urls, encryption, secret, subdomain }: Pick<Backlog, "urls" | "encryption" | "secret"> & { subdomain?: string },
): Promise<void> {
  await db.query(insertEndpoints, [
    urls.map((url) => encryption.encrypt("endpoint url", url)),
    urls,
    encryption.encrypt("endpoint secret", secret),
    subdomain ?? null,
  ]);
}

/** Adds deliveries for the existing endpoints. */
export async function addDue(db: Database, due: DueRows): Promise<void> {
  const body = Buffer.alloc(due.bodyBytes, "<account>Harbour &amp; Sons</account>");
  await db.query(insertDeliveries, [
    due.deliveries,
    body,
    due.dueAt ?? null,
    due.attemptsMade ?? 0,
    due.keys ?? null,
    due.offset ?? 0,
    due.endpointIds ?? null,
    due.tracedOneIn ?? null,
  ]);
}

/** Maximum rows of one statement, which takes about 20 ms. */
const feedMax = 2000;

export interface Feeding extends AsyncDisposable {
  /** Number received since the start, and the rate since the last call. */
  rate(): Promise<number>;
}

/**
 * Keeps the size of a backlog: each received delivery is replaced by another due one, with a hint. Small and large backlogs
 * are then measured over the same time and with the same additional work.
 */
export function feedBacklog(pool: Pool, receiver: BenchReceiver, level: number): Feeding {
  const stopping = new AbortController();
  let lastReceived = 0;
  let lastMs = performance.now();
  const keepUp = async (): Promise<void> => {
    const [endpoint] = await pool.query<{ id: number }>("select id from endpoints limit 1");
    const start = await receiver.received();
    for (let filled = level; !stopping.signal.aborted;) {
      const missing = level - (filled - ((await receiver.received()) - start));
      const deliveries = Math.min(feedMax, missing);
      if (deliveries < 100) {
        await systemClock.sleep(2);
        continue;
      }
      await pool.inTransaction(async (tx) => {
        await addDue(tx, { deliveries, bodyBytes });
        tx.hintAfterCommit("due", String(endpoint?.id));
      });
      filled += deliveries;
    }
  };
  const feeding = keepUp();
  return {
    async rate() {
      const received = await receiver.received();
      const nowMs = performance.now();
      const perSecond = (received - lastReceived) / ((nowMs - lastMs) / 1000);
      [lastReceived, lastMs] = [received, nowMs];
      return perSecond;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await feeding;
    },
  };
}
