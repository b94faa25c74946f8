import { leavingProviders, mayDropDays } from "#platform/database/connection.ts";
import { type Database, type Pool, queryRow, type Transaction } from "#platform/database/database.ts";
import { plainArray } from "#platform/database/values.ts";
import { isoTime } from "#platform/times.ts";
import { type ClaimedLane, everyAttempt, heartbeatDistance } from "#webhooks/deliveries/index.ts";
import {
  countColumns,
  type CountedAttempt,
  type CountedLane,
  type Interval,
  LaneCounts,
  rowsToAdd,
  type StatisticsRow,
} from "./counts.ts";
import { minuteDays } from "./read-statistics.ts";

/** Why a lane with waiting deliveries starts no attempt at the moment. */
export type LaneHold = "retry_after" | "breaker" | "rate_limit" | "concurrency";

/** The state of a lane in the engine that owns it. */
export interface LaneState extends Pick<ClaimedLane, "unanswered" | "failingSeconds" | "failedAttempts"> {
  readonly inFlight: number;
  readonly windowSize: number;
  readonly hold: LaneHold | null;
}

export const idleLane: LaneState = {
  inFlight: 0,
  windowSize: 0,
  unanswered: 0,
  hold: null,
  failingSeconds: null,
  failedAttempts: 0,
};

/** The attempts of a lane that its owner has counted, and the lane's state. */
export interface LaneToWrite extends CountedLane {
  readonly epoch: number;
  /** The owner has released the lane, so no more of its attempts are being recorded. */
  readonly isReleased: boolean;
  readonly state: LaneState;
  readonly counts: LaneCounts;
  /** Attempts recorded by transactions after `base`, up to `through`, are in `counts`. No base: there are none. */
  readonly base: number | undefined;
  /** The owner knows of no later transaction that recorded attempts of the lane. */
  readonly through: number;
  /** True if `base` is the last transaction that may have recorded attempts under a former owner. */
  readonly isFirstWrite: boolean;
  /** The transaction up to which the database counts, if the owner is certain. */
  readonly known: number | undefined;
}

/**
 * `counted`: the database counts everything up to `through`. `again`: the lane's counts were not added, and are to be read from the
 * history by the next write. `lost`: a later owner counts them.
 */
export type LaneWritten =
  | { readonly result: "counted"; readonly through: number }
  | { readonly result: "again" }
  | { readonly result: "lost" };

interface Report {
  readonly endpointId: number;
  readonly epoch: number;
  readonly released: boolean;
  readonly countedIn: number;
  /** The cell refuses changes of the provider, which moves to another one. */
  readonly isLeaving: boolean;
}

// A lane without a report has counted nothing since its creation.
const insertReports = `
  insert into lane_reports (endpoint_id, provider_id, epoch, released, counted_in, in_flight, window_size, unanswered,
    failed_attempts)
  select endpoint_id, provider_id, 0, true, created_in, 0, 0, 0, 0
  from lanes where endpoint_id = any($1::bigint[]) and provider_id not in (${leavingProviders})
  order by endpoint_id
  on conflict do nothing`;

// Locks the lanes' reports in the order of endpoints, as every writer does.
const lockReports = `
  select endpoint_id, epoch, released, counted_in, provider_id in (${leavingProviders}) as is_leaving
  from lane_reports
  where endpoint_id = any($1::bigint[])
  order by endpoint_id
  for update`;

/** Deletes the reports of lanes that are deleted, too. */
export function deleteLaneReports(tx: Transaction, endpointIds: readonly number[]): void {
  tx.send("delete from lane_reports where endpoint_id = any($1)", [endpointIds]);
}

const updateReports = `
  update lane_reports report
  set epoch = lane.epoch, released = lane.released, counted_in = lane.counted_in, in_flight = lane.in_flight,
    window_size = lane.window_size, unanswered = lane.unanswered, hold = lane.hold,
    failing_since = clock_timestamp() - make_interval(secs => lane.failing_seconds), failed_attempts = lane.failed_attempts
  from unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[], $8::text[],
    $9::float8[], $10::integer[])
    as lane (endpoint_id, epoch, released, counted_in, in_flight, window_size, unanswered, hold, failing_seconds,
      failed_attempts)
  where report.endpoint_id = lane.endpoint_id`;

/**
 * Adds counts to the statistics and stores the lanes' states. Each attempt is counted once, whatever fails: the report of a
 * lane states the transaction up to which its attempts are counted, and changes together with the counts. If the writer does not
 * know that number, because an earlier owner was killed or a write had no response, attempts are read from the history instead.
 */
export async function writeStatistics(
  tx: Transaction,
  lanes: readonly LaneToWrite[],
): Promise<ReadonlyMap<number, LaneWritten>> {
  const endpointIds = lanes.map(({ endpointId }) => endpointId);
  if (lanes.some(({ known }) => known === undefined)) tx.send(insertReports, [endpointIds]);
  const [reports, horizon] = await Promise.all([
    tx.query<Report>(lockReports, [endpointIds]),
    queryRow<{ ended: number }>(tx, `select transactions_horizon() - 1 as ended`),
  ]);
  const byEndpoint = new Map(reports.map((report) => [report.endpointId, report]));
  const steps = lanes.map((lane) => {
    const report = byEndpoint.get(lane.endpointId);
    return { lane, step: stepOf(lane, report, horizon.ended), countedBefore: report?.countedIn ?? 0 };
  });

  const missing = steps.flatMap(({ step }) => (step.kind === "recount" ? [step.range] : []));
  const { attempts, reached } = await readUncounted(tx, missing);
  const recounts = new Map(missing.map(({ endpointId }) => [endpointId, new LaneCounts()]));
  for (const attempt of attempts) recounts.get(attempt.endpointId)?.add(attempt);

  const written = new Map<number, LaneWritten>();
  const added: { readonly lane: CountedLane; readonly counts: LaneCounts }[] = [];
  const reported: { readonly lane: LaneToWrite; readonly countedIn: number; readonly isReleased: boolean }[] = [];
  for (const { lane, step, countedBefore } of steps) {
    if (step.kind === "skip") {
      written.set(lane.endpointId, { result: step.result });
      continue;
    }
    const isComplete = step.kind === "add" || step.range.through <= reached;
    if (step.kind === "recount") added.push({ lane, counts: recounts.get(lane.endpointId) ?? new LaneCounts() });
    if (isComplete) added.push({ lane, counts: lane.counts });
    const through = Math.max(countedBefore, lane.through, step.kind === "recount" ? step.range.through : 0);
    const countedIn = isComplete ? through : Math.max(step.range.after, reached);
    reported.push({ lane, countedIn, isReleased: isComplete && lane.isReleased });
    written.set(lane.endpointId, isComplete ? { result: "counted", through } : { result: "again" });
  }
  addRows(tx, added);
  tx.send(updateReports, reportValues(reported));
  return written;
}

type Step =
  | { readonly kind: "skip"; readonly result: "lost" | "again" }
  | { readonly kind: "add" }
  | { readonly kind: "recount"; readonly range: UncountedRange };

/** Decides whether the lane's counts continue those of the database. `ended`: every transaction up to this one has ended. */
export function stepOf(lane: LaneToWrite, report: Report | undefined, ended: number): Step {
  if (!report || report.epoch > lane.epoch) return { kind: "skip", result: "lost" };
  if (report.isLeaving) return { kind: "skip", result: "again" };
  if (report.epoch === lane.epoch && lane.known === report.countedIn) return { kind: "add" };
  // The former owner's attempts were recounted after the claim, and with them some of these.
  const isOverlapping = lane.counts.size > 0 && lane.base !== undefined && lane.base < report.countedIn;
  if (lane.isFirstWrite && report.released && report.epoch === lane.epoch - 1 && !isOverlapping) return { kind: "add" };
  // The owner was certain, but the database says otherwise: its counts are of unknown attempts.
  if (lane.known !== undefined) return { kind: "skip", result: "again" };
  const { base, endpointId } = lane;
  // The history is read up to the base. Without one, while no attempt is in flight that would soon give one, it is read up to `ended`. While
  // another transaction runs, the last attempts may be later.
  const canRecount = base === undefined ? lane.state.inFlight === 0 && lane.through <= ended : base <= ended;
  if (isOverlapping || !canRecount) return { kind: "skip", result: "again" };
  return { kind: "recount", range: { endpointId, after: report.countedIn, through: base ?? ended } };
}

// Leaves out new rows of minutes older than a day, and of hours and days older than four weeks: their partitions may have been
// dropped. Histograms are added by bucket.
const sums = `provider_id, endpoint_id, event_type, at, outcome_2xx, outcome_3xx, outcome_4xx, outcome_5xx, outcome_timeout,
    outcome_connection, outcome_tls, outcome_forbidden, first_attempt_successes, retries, delivered, failed, bytes_sent,
    bytes_received`;
const columns = `${sums}, latencies, delays`;
const addedRows = `
  select ${sums}, latencies::bigint[], delays::bigint[]
  from unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::integer[], $6::integer[], $7::integer[],
    $8::integer[], $9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::integer[], $15::integer[],
    $16::integer[], $17::bigint[], $18::bigint[], $19::text[], $20::text[])
    as added (${columns})`;
const addToRow = `
  on conflict (provider_id, endpoint_id, event_type, at) do update set
    outcome_2xx = total.outcome_2xx + excluded.outcome_2xx,
    outcome_3xx = total.outcome_3xx + excluded.outcome_3xx,
    outcome_4xx = total.outcome_4xx + excluded.outcome_4xx,
    outcome_5xx = total.outcome_5xx + excluded.outcome_5xx,
    outcome_timeout = total.outcome_timeout + excluded.outcome_timeout,
    outcome_connection = total.outcome_connection + excluded.outcome_connection,
    outcome_tls = total.outcome_tls + excluded.outcome_tls,
    outcome_forbidden = total.outcome_forbidden + excluded.outcome_forbidden,
    first_attempt_successes = total.first_attempt_successes + excluded.first_attempt_successes,
    retries = total.retries + excluded.retries,
    delivered = total.delivered + excluded.delivered,
    failed = total.failed + excluded.failed,
    bytes_sent = total.bytes_sent + excluded.bytes_sent,
    bytes_received = total.bytes_received + excluded.bytes_received,
    latencies = case when cardinality(total.latencies) < 48 then total.latencies || excluded.latencies else array(
      select (element >> 40 << 40) + sum(element & 1099511627775)::bigint
      from unnest(total.latencies || excluded.latencies) element group by element >> 40) end,
    delays = case when cardinality(total.delays) < 48 then total.delays || excluded.delays else array(
      select (element >> 40 << 40) + sum(element & 1099511627775)::bigint
      from unnest(total.delays || excluded.delays) element group by element >> 40) end`;

const addMinutes = `
  insert into statistics_minutes as total (${columns})
  ${addedRows}
  where at > clock_timestamp() - interval '1 day' ${addToRow}`;
const addHours = `
  insert into statistics_hours as total (${columns})
  ${addedRows}
  where at > clock_timestamp() - interval '28 days' ${addToRow}`;
const addDays = `
  insert into statistics_days as total (${columns})
  ${addedRows}
  where at > clock_timestamp() - interval '28 days' ${addToRow}`;

const additions: readonly (readonly [Interval, string])[] = [
  ["minute", addMinutes],
  ["hour", addHours],
  ["day", addDays],
];

function addRows(tx: Transaction, lanes: readonly { readonly lane: CountedLane; readonly counts: LaneCounts }[]): void {
  for (const [interval, statement] of additions) {
    const rows = rowsToAdd(interval, lanes);
    if (rows.length > 0) tx.send(statement, rowValues(rows));
  }
}

function rowValues(rows: readonly StatisticsRow[]): readonly unknown[] {
  return [
    plainArray(rows.map(({ providerId }) => providerId)),
    plainArray(rows.map(({ endpointId }) => endpointId)),
    rows.map(({ eventType }) => eventType),
    plainArray(rows.map(({ atMs }) => isoTime(atMs))),
    ...countColumns.map((column) => plainArray(rows.map(({ counts }) => counts.sums[column]))),
    rows.map(({ counts }) => plainArray(counts.latencies.elements())),
    rows.map(({ counts }) => plainArray(counts.delays.elements())),
  ];
}

const reportValues = (
  reports: readonly { readonly lane: LaneToWrite; readonly countedIn: number; readonly isReleased: boolean }[],
): readonly unknown[] => [
  reports.map(({ lane }) => lane.endpointId),
  reports.map(({ lane }) => lane.epoch),
  reports.map(({ isReleased }) => isReleased),
  reports.map(({ countedIn }) => countedIn),
  reports.map(({ lane }) => lane.state.inFlight),
  reports.map(({ lane }) => lane.state.windowSize),
  reports.map(({ lane }) => lane.state.unanswered),
  reports.map(({ lane }) => lane.state.hold),
  reports.map(({ lane }) => lane.state.failingSeconds),
  reports.map(({ lane }) => lane.state.failedAttempts),
];

/** Attempts of a lane that the history has and the statistics lack: those recorded in transactions of this range. */
export interface UncountedRange {
  readonly endpointId: number;
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. */
  readonly through: number;
}

interface UncountedAttempt extends CountedAttempt {
  readonly endpointId: number;
}

interface Uncounted {
  readonly attempts: readonly UncountedAttempt[];
  /** Attempts of later transactions are to be read again. Infinity if all were read. */
  readonly reached: number;
}

/** A batch of outcomes has at most 1,000 rows, so each read reaches a later transaction. */
const rowsMax = 20_000;

interface UncountedRow extends Omit<UncountedAttempt, "atMs" | "delayMs"> {
  readonly transaction: number;
  readonly at: Date;
  readonly occurredAt: Date;
  readonly isFirstRound: boolean;
}

// By the block range indexes of both feeds, from the oldest range on. An attempt that succeeded after its delivery was
// cancelled has delivered nothing.
const uncountedStatement = `
  select attempt.endpoint_id, attempt.recorded_in as transaction, event.type as event_type, attempt.at, attempt.number,
    attempt.status, attempt.error_class, attempt.latency_ms, event.occurred_at,
    case when attempt.error is null and ended.state is distinct from 'cancelled' then 'delivered'
      when ended.state = 'failed' and ended.attempts_made = attempt.number then 'failed' end as end,
    coalesce(due.replay, ended.replay, 0) = 0 as is_first_round,
    case when attempt.status is null then 0 else coalesce(octet_length(payload.body), 0) end as bytes_sent,
    coalesce(octet_length(attempt.response_body), 0) as bytes_received
  from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as lane (endpoint_id, after, through)
  join ${everyAttempt} attempt on attempt.endpoint_id = lane.endpoint_id
    and attempt.recorded_in > lane.after and attempt.recorded_in <= lane.through
  join events event on event.provider_id = attempt.provider_id and event.id = attempt.event_id
  left join deliveries ended on ended.provider_id = attempt.provider_id and ended.event_id = attempt.event_id
    and ended.endpoint_id = attempt.endpoint_id
  left join due on due.event_id = attempt.event_id and due.endpoint_id = attempt.endpoint_id
  left join payloads payload on payload.provider_id = attempt.provider_id and payload.event_id = attempt.event_id
    and payload.format = coalesce(due.format, ended.format)
  where attempt.recorded_in > $4 and attempt.recorded_in <= $5
  order by attempt.recorded_in
  limit $6`;

/** Reads attempts from the history, those of the earliest transactions first. */
async function readUncounted(db: Database, ranges: readonly UncountedRange[]): Promise<Uncounted> {
  if (ranges.length === 0) return { attempts: [], reached: Number.POSITIVE_INFINITY };
  const rows = await db.query<UncountedRow>(uncountedStatement, [
    ranges.map(({ endpointId }) => endpointId),
    ranges.map(({ after }) => after),
    ranges.map(({ through }) => through),
    Math.min(...ranges.map(({ after }) => after)),
    Math.max(...ranges.map(({ through }) => through)),
    rowsMax,
  ]);
  const reached = rows.length < rowsMax ? Number.POSITIVE_INFINITY : (rows.at(-1)?.transaction ?? 0) - 1;
  return { attempts: rows.filter(({ transaction }) => transaction <= reached).map(attemptOf), reached };
}

const attemptOf = ({ at, occurredAt, isFirstRound, ...row }: UncountedRow): UncountedAttempt => ({
  ...row,
  atMs: at.getTime(),
  delayMs: row.end === "delivered" && isFirstRound ? delayOf(at.getTime(), row.latencyMs, occurredAt.getTime()) : null,
});

/** Returns the time from an event to the response that delivered it. Two processes' clocks may differ by milliseconds. */
export const delayOf = (atMs: number, latencyMs: number, occurredMs: number): number =>
  Math.max(0, atMs + latencyMs - occurredMs);

/** Lanes per transaction. */
const lanesMax = 200;

// Lanes without a living owner whose last one did not report that it had counted everything. Locked, so that none is claimed
// meanwhile: a new owner counts from its claim on. Owners without a heartbeat for longer than any lease are dead. While an earlier
// transaction runs, the last attempts of a lane cannot be counted, and it is left to the next run.
const orphanedLanes = `
  from lanes
  left join lane_reports report on report.endpoint_id = lanes.endpoint_id
  where lanes.epoch > 0 and lanes.provider_id not in (${leavingProviders})
    and not exists (select from engines where engines.id = lanes.owner and ${heartbeatDistance} < 60)
    and (report.endpoint_id is null or not report.released or report.epoch < lanes.epoch)`;
const anyOrphanStatement = `select ${orphanedLanes} limit 1`;
const orphansStatement = `
  select lanes.endpoint_id, lanes.provider_id, lanes.epoch ${orphanedLanes}
    and lanes.endpoint_id not in (
      select attempt.endpoint_id from ${everyAttempt} attempt where attempt.recorded_in >= (select transactions_horizon()))
  order by lanes.endpoint_id
  limit $1
  for update of lanes skip locked`;

/**
 * Counts the attempts that killed engines recorded and did not count, of lanes that no engine has claimed since. Returns the
 * number of lanes; there may be more.
 */
export async function countOrphans(pool: Pool): Promise<number> {
  // Most minutes have none, and the other statement plans and reads every day of the history.
  if ((await pool.query(anyOrphanStatement)).length === 0) return 0;
  return pool.inTransaction(async (tx) => {
    const lanes = await tx.query<{ endpointId: number; providerId: number; epoch: number }>(orphansStatement, [
      lanesMax,
    ]);
    const states = lanes.map((lane) => ({
      ...lane,
      isReleased: true,
      state: idleLane,
      counts: new LaneCounts(),
      base: undefined,
      through: 0,
      isFirstWrite: false,
      known: undefined,
    }));
    if (states.length > 0) await writeStatistics(tx, states);
    return states.length;
  });
}

/** As many as the history has: a day without partitions cannot be counted. */
const daysAhead = 14;

// By the database's clock, as the history does.
const addStatement = `
  select add_statistics_partitions(today - 1, today + $1::integer)
  from (select (clock_timestamp() at time zone 'UTC')::date as today) as clock`;

/** Creates the missing partitions of the coming days. */
export async function addStatisticsPartitions(db: Database): Promise<void> {
  await db.query(addStatement, [daysAhead]);
}

const dropStatement = `
  select case when ${mayDropDays} then drop_old_statistics($1::date - $2::integer, $1::date - $3::integer) end as name`;

/**
 * Drops minutes older than three days, and hours and days older than `days`: a partition once all of it is older. Returns the
 * names of the dropped partitions, none while a provider moves. `now` is the time of the retention, which cannot leap.
 */
export async function dropOldStatistics(pool: Pool, now: Date, days: number): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (;;) {
    const [partition] = await pool.query<{ name: string | null }>(dropStatement, [
      now.toISOString().slice(0, 10),
      minuteDays,
      days,
    ]);
    if (!partition?.name) return dropped;
    dropped.push(partition.name);
  }
}
