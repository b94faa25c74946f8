import { isDate } from "node:util/types";
import { stringify } from "csv-stringify/sync";
import type { Database } from "#platform/database/database.ts";
import { plannedEachTime } from "#platform/database/pipeline.ts";
import { type Node, documentToJson } from "#platform/document.ts";
import { type DeliveryKeys, everyAttempt } from "#webhooks/deliveries/index.ts";
import { withoutCredentials } from "#webhooks/events/index.ts";
import type { ExportFormat, JobSubject } from "./jobs.ts";

type Row = Readonly<Record<string, unknown>>;

/** Columns of a delivery and of a failure. */
const deliveryColumns = [
  "id",
  "event_id",
  "event_type",
  "object_id",
  "account_id",
  "account_name",
  "occurred_at",
  "endpoint_id",
  "endpoint_name",
] as const;

/** Columns of each export, in the order of CSV. NDJSON has the same names. */
const exportColumns = {
  deliveries: [
    ...deliveryColumns,
    "state",
    "attempts_made",
    "replay",
    "next_attempt_at",
    "ended_at",
    "last_attempt_at",
    "last_status",
    "last_error",
    "last_latency_ms",
  ],
  failures: [...deliveryColumns, "attempts_made", "failed_at", "error"],
  attempts: [
    "delivery_id",
    "event_id",
    "event_type",
    "account_id",
    "account_name",
    "endpoint_id",
    "endpoint_name",
    "number",
    "at",
    "status",
    "error",
    "latency_ms",
  ],
  events: [
    "id",
    "type",
    "object_id",
    "account_id",
    "account_name",
    "sequence",
    "actor_kind",
    "actor_user_id",
    "channel",
    "occurred_at",
    "document",
  ],
} as const satisfies Record<JobSubject, readonly string[]>;

const requested = `unnest($2::uuid[], $5::bigint[]) with ordinality as requested (event_id, endpoint_id, nth)`;
const requestedAttempts = `unnest($2::uuid[], $5::bigint[], $6::integer[])
    with ordinality as requested (event_id, endpoint_id, number, nth)`;

const eventAndEndpoint = `
  cross join lateral (
    select * from events
    where events.provider_id = $1 and events.id = requested.event_id and events.id between $3 and $4
    limit 1
  ) event
  cross join lateral (
    select id, name from endpoints where endpoints.provider_id = $1 and endpoints.id = requested.endpoint_id limit 1
  ) endpoint`;

const eventColumns = `requested.nth, event.id as event_id, event.type as event_type, event.object_id, event.account_id, event.account_name,
    event.occurred_at, endpoint.id as endpoint_id, endpoint.name as endpoint_name`;

// Each reads history by primary key, row by row, in the order of the selection: with other joins, PostgreSQL may read
// every day of it for each chunk. It plans the days between $3 and $4 only. Rows of expired days are missing.
const deliveriesStatement = `
  select ${eventColumns}, delivery.*, attempt.at as last_attempt_at, attempt.status as last_status,
    attempt.error as last_error, attempt.latency_ms as last_latency_ms
  from ${requested} ${eventAndEndpoint}
  cross join lateral (
    select 'pending' as state, due.attempts_made, due.replay, nullif(due.due_at, 'infinity') as next_attempt_at,
      null::timestamptz as ended_at
    from due where due.event_id = requested.event_id and due.endpoint_id = requested.endpoint_id and due.provider_id = $1
    union all
    select ended.state, ended.attempts_made, ended.replay, null, ended.ended_at
    from deliveries ended
    where ended.provider_id = $1 and ended.event_id = requested.event_id and ended.endpoint_id = requested.endpoint_id
      and ended.event_id between $3 and $4
      and not exists (select from due where due.event_id = ended.event_id and due.endpoint_id = ended.endpoint_id)
  ) delivery
  left join lateral (
    select at, status, error, latency_ms from ${everyAttempt} attempt
    where attempt.provider_id = $1 and attempt.event_id = requested.event_id and attempt.endpoint_id = requested.endpoint_id
      and attempt.event_id between $3 and $4
    order by number desc limit 1
  ) attempt on true
  order by requested.nth
  ${plannedEachTime}`;

const failuresStatement = `
  select ${eventColumns}, ended.attempts_made, failure.failed_at, failure.error
  from ${requested} ${eventAndEndpoint}
  cross join lateral (
    select failed_at, error from failures
    where failures.provider_id = $1 and failures.endpoint_id = requested.endpoint_id and failures.event_id = requested.event_id
    limit 1
  ) failure
  cross join lateral (
    select attempts_made from deliveries
    where deliveries.provider_id = $1 and deliveries.event_id = requested.event_id
      and deliveries.endpoint_id = requested.endpoint_id and deliveries.event_id between $3 and $4
    limit 1
  ) ended
  order by requested.nth
  ${plannedEachTime}`;

const attemptsStatement = `
  select ${eventColumns}, attempt.*
  from ${requestedAttempts} ${eventAndEndpoint}
  cross join lateral (
    select number, at, status, error, latency_ms from ${everyAttempt} attempt
    where attempt.provider_id = $1 and attempt.event_id = requested.event_id
      and attempt.endpoint_id = requested.endpoint_id and attempt.event_id between $3 and $4
      and (requested.number is null or attempt.number = requested.number)
  ) attempt
  order by requested.nth, attempt.number
  ${plannedEachTime}`;

const eventsStatement = `
  select requested.nth, event.id, event.type, event.object_id, event.account_id, event.account_name, event.sequence,
    event.actor_kind, event.actor_user_id, event.channel, event.occurred_at, event.document
  from unnest($2::uuid[]) with ordinality as requested (event_id, nth)
  cross join lateral (
    select * from events
    where events.provider_id = $1 and events.id = requested.event_id and events.id between $3 and $4
    limit 1
  ) event
  order by requested.nth
  ${plannedEachTime}`;

const statements = {
  deliveries: deliveriesStatement,
  failures: failuresStatement,
  attempts: attemptsStatement,
  events: eventsStatement,
} as const satisfies Record<JobSubject, string>;

export interface RowsToRender extends DeliveryKeys {
  readonly subject: JobSubject;
  /** Where attempts are selected. Null: all of each delivery. */
  readonly attemptNumbers: readonly (number | null)[] | null;
  readonly format: ExportFormat;
}

/** The lines of the selected rows, and the number of selected rows that exist. */
export async function renderRows(
  db: Database,
  { providerId, eventIds, endpointIds, attemptNumbers, subject, format }: RowsToRender,
): Promise<{ readonly rows: number; readonly content: Buffer }> {
  const ordered = eventIds.toSorted();
  const bounds = [ordered[0], ordered.at(-1)];
  const others = {
    events: [],
    attempts: [endpointIds, attemptNumbers],
    deliveries: [endpointIds],
    failures: [endpointIds],
  };
  const values = [providerId, eventIds, ...bounds, ...others[subject]];
  const found = await db.query<StoredRow>(statements[subject], values);
  const rows = found.map((row) => representRow(subject, row));
  const selected = new Set(found.map(({ nth }) => nth));
  return {
    rows: selected.size,
    content: Buffer.from(format === "csv" ? renderCsv(rows.map((row) => Object.values(row))) : renderNdjson(rows)),
  };
}

type StoredRow = Readonly<Record<string, unknown>> & {
  /** The row's place in the selection. */
  readonly nth: number;
  readonly document?: Node;
};

/** Returns the columns of a row, in their order. */
function representRow(subject: JobSubject, stored: StoredRow): Row {
  const fields: Row = Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
  const id = `${String(fields["event_id"])}.${String(fields["endpoint_id"])}`;
  const row: Row = {
    ...(subject !== "events" && { id, delivery_id: id }),
    ...fields,
    ...(stored.document && { document: documentToJson(withoutCredentials(stored.document)) }),
  };
  return Object.fromEntries(exportColumns[subject].map((name) => [name, plainValue(row[name])]));
}

const plainValue = (value: unknown): unknown => (isDate(value) ? value.toISOString() : (value ?? null));

const renderNdjson = (rows: readonly Row[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/**
 * Where a spreadsheet that separates cells by semicolons, as in much of Europe, or by tabs, as LibreOffice does unless told otherwise,
 * begins a cell with a formula. Quotes do not prevent it.
 */
const innerFormula = /((?:[;\t\n]|(?<!^)\r)[ \t"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

const escapeInnerFormulas = (text: string): string => text.replaceAll(innerFormula, "$1'");

/**
 * Renders lines of CSV (RFC 4180). A spreadsheet would execute a text that begins like a formula, so an apostrophe
 * precedes it, also within a text. A text with a line break is quoted: otherwise it would begin a row.
 */
export const renderCsv = (rows: readonly (readonly unknown[])[]): string =>
  stringify([...rows], {
    record_delimiter: "windows",
    quoted_match: /[\r\n]/,
    escape_formulas: true,
    cast: { string: escapeInnerFormulas, object: (value) => escapeInnerFormulas(JSON.stringify(value)) },
  });

/** Returns the first line of a file: the names of the columns in CSV, nothing in NDJSON. */
export const renderHeader = (subject: JobSubject, format: ExportFormat): string =>
  format === "csv" ? renderCsv([exportColumns[subject]]) : "";
