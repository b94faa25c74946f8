import type {
  ClaimedLane,
  DueDelivery,
  DueLanes,
  LaneToRead,
  ReadLimits,
  LaneEpoch,
  ReleasedLane,
  RunToRead,
  Settled,
  Settlement,
  TransactionSample,
} from "#webhooks/deliveries/index.ts";
import type { DeliverySettings } from "#webhooks/endpoints/index.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** An endpoint's settings that an engine reads, and its ordering. */
export interface SimulatedEndpoint extends DeliverySettings {
  readonly ordering: "none" | "account";
}

export const versionHeader = "x-settings-version";

export type DueRow = { -readonly [Field in keyof DueDelivery]: DueDelivery[Field] };

interface LaneRow {
  owner: string | null;
  epoch: number;
  notBeforeMs: number;
  lifts: number;
  unanswered: number;
  failingSinceMs: number | null;
  failedAttempts: number;
  rateUntilMs: number;
}

interface Ended {
  readonly row: DueRow;
  readonly state: "delivered" | "failed";
}

export const deliveryKey = ({ eventId, endpointId }: Pick<DueRow, "eventId" | "endpointId">): string =>
  `${eventId}.${endpointId}`;

/** A model of the database's statements, each atomic, on the database's clock. */
export class LaneStoreModel {
  readonly #time: SimulatedTime;
  readonly #leaseMs: number;
  readonly #startMs: number;
  readonly endpoints = new Map<number, SimulatedEndpoint>();
  readonly lanes = new Map<number, LaneRow>();
  /** Last heartbeat of each engine. */
  readonly engines = new Map<string, number>();
  readonly #stopping = new Set<string>();
  readonly due = new Map<string, DueRow>();
  readonly ended = new Map<string, Ended>();
  readonly cancelled = new Set<string>();
  /** Attempt numbers of each delivery, in the order in which they were written. */
  readonly attempts = new Map<string, number[]>();
  #nextTransaction = 1n;
  #sequence = 0;
  readonly #running = new Set<bigint>();
  readonly #claimNumbers = new Map<string, number>();

  constructor(time: SimulatedTime, leaseMs: number, startMs: number) {
    this.#time = time;
    this.#leaseMs = leaseMs;
    this.#startMs = startMs;
  }

  get nowMs(): number {
    return this.#startMs + this.#time.nowMs;
  }

  /** Returns a time as text that sorts like the time. */
  moment(ms: number): string {
    return String(Math.round(ms * 1000)).padStart(16, "0");
  }

  /** Makes rows due now, and returns a function that commits them. */
  record(rows: readonly DueRow[]): () => void {
    const transaction = this.#nextTransaction;
    this.#nextTransaction += 1n;
    this.#running.add(transaction);
    for (const row of rows) row.dueAt = this.moment(this.nowMs);
    return () => {
      this.#running.delete(transaction);
      for (const row of rows) {
        row.context = { ...row.context, sequence: (this.#sequence += 1) }; // transactions of one account are sequential
        if (row.orderingKey !== null && this.#isBehind(row)) row.dueAt = "infinity";
        this.due.set(deliveryKey(row), row);
      }
    };
  }

  isAlive(engineId: string | null): boolean {
    const beatAtMs = engineId === null ? undefined : this.engines.get(engineId);
    return beatAtMs !== undefined && beatAtMs >= this.nowMs - this.#leaseMs;
  }

  register(engineId: string, formerIds: readonly string[]): void {
    for (const id of formerIds) this.engines.delete(id);
    this.engines.set(engineId, this.nowMs);
  }

  stopClaims(engineId: string): void {
    this.#stopping.add(engineId);
  }

  unregister(engineId: string): void {
    this.engines.delete(engineId);
  }

  heartbeat(engineId: string): boolean {
    if (!this.engines.has(engineId)) return false;
    this.engines.set(engineId, this.nowMs);
    return true;
  }

  findDueLanes(engineId: string): DueLanes {
    const now = this.moment(this.nowMs);
    const rows = [...this.due.values()];
    const ownerOf = (id: number): string | null => this.lanes.get(id)?.owner ?? null;
    const owned = [...new Set(rows.map((row) => row.endpointId))].filter((id) => this.isAlive(ownerOf(id)));
    const waiting = new Set(rows.filter((row) => row.dueAt <= now).map((row) => row.endpointId));
    return {
      free: [...waiting].filter((id) => !this.isAlive(ownerOf(id)) && this.#isOpen(id)),
      own: owned.filter((id) => ownerOf(id) === engineId).length,
      ownDue: owned.filter((id) => ownerOf(id) === engineId && waiting.has(id)),
      owned: owned.length,
      engines: [...this.engines.keys()].filter((id) => this.isAlive(id) && !this.#stopping.has(id)).length,
    };
  }

  claim(engineId: string, endpointIds: readonly number[], claimNumber: number): readonly ClaimedLane[] {
    if (!this.engines.has(engineId) || this.#stopping.has(engineId)) return [];
    if (claimNumber <= (this.#claimNumbers.get(engineId) ?? 0)) return [];
    this.#claimNumbers.set(engineId, claimNumber);
    return endpointIds.flatMap((endpointId) => {
      const lane = this.lanes.get(endpointId);
      if (!lane || !this.#isOpen(endpointId)) return [];
      if (lane.owner !== engineId && this.isAlive(lane.owner)) return [];
      const rateSeconds = lane.owner === null ? Math.max(0, (lane.rateUntilMs - this.nowMs) / 1000) : 1;
      lane.owner = engineId;
      lane.epoch += 1;
      const { epoch, lifts, unanswered, failingSinceMs, failedAttempts } = lane;
      const failingSeconds = failingSinceMs === null ? null : (this.nowMs - failingSinceMs) / 1000;
      const lanes = { endpointId, providerId: 1, epoch };
      return [{ ...lanes, lifts, unanswered, failingSeconds, failedAttempts, rateSeconds }];
    });
  }

  verifyOwnership(engineId: string, lanes: readonly LaneEpoch[]): readonly number[] {
    return lanes.flatMap(({ endpointId, epoch }) => {
      const lane = this.lanes.get(endpointId);
      return lane?.owner === engineId && lane.epoch === epoch ? [endpointId] : [];
    });
  }

  findRecorded(engineId: string, endpointIds: readonly number[]): readonly number[] {
    return endpointIds.filter((id) => this.lanes.get(id)?.owner === engineId);
  }

  release(engineId: string, lanes: readonly ReleasedLane[]): void {
    for (const { endpointId, epoch, pauseSeconds, lifts, unanswered, failingSeconds, ...given } of lanes) {
      const lane = this.lanes.get(endpointId);
      if (lane?.owner !== engineId || lane.epoch !== epoch) continue;
      lane.owner = null;
      lane.unanswered = unanswered;
      lane.failingSinceMs = failingSeconds === null ? null : this.nowMs - failingSeconds * 1000;
      lane.failedAttempts = given.failedAttempts;
      lane.rateUntilMs = this.nowMs + given.rateSeconds * 1000;
      lane.notBeforeMs = pauseSeconds > 0 && lifts === lane.lifts ? this.nowMs + pauseSeconds * 1000 : 0;
    }
  }

  /** Requests show the version of the settings with which they are sent. */
  readSettings(endpointIds: readonly number[]): readonly DeliverySettings[] {
    return endpointIds.flatMap((id) => {
      const endpoint = this.endpoints.get(id);
      return endpoint ? [{ ...endpoint, headers: { [versionHeader]: String(endpoint.version) } }] : [];
    });
  }

  sampleTransactions(): TransactionSample {
    const oldestRunning = [...this.#running].reduce(
      (oldest, one) => (one < oldest ? one : oldest),
      this.#nextTransaction,
    );
    return { at: this.moment(this.nowMs - 1000), oldestRunning, nextToStart: this.#nextTransaction };
  }

  readDue(lanes: readonly LaneToRead[], { bytesMax, bodyMax }: ReadLimits): readonly DueDelivery[] {
    const now = this.moment(this.nowMs);
    const rows = lanes.flatMap(({ endpointId, after, limit, bytes }) => {
      const endpoint = this.endpoints.get(endpointId);
      if (!endpoint?.active || endpoint.state !== "enabled") return [];
      const ofLane = [...this.due.values()]
        .filter((row) => row.endpointId === endpointId && row.dueAt <= now && isBefore(after, row))
        .toSorted((one, other) => (isBefore(one, other) ? -1 : 1))
        .slice(0, limit)
        .map((row) => ({ ...row, endpointVersion: endpoint.version, isFollowed: this.#isFollowed(row) }));
      return upToBytes(upToBody(ofLane, bodyMax), bytes);
    });
    return upToBytes(rows, bytesMax);
  }

  #isFollowed({ endpointId, orderingKey, context }: DueRow): boolean {
    if (orderingKey === null) return false;
    const ofKey = [...this.due.values()].filter((row) => isOfKey(row, { endpointId, orderingKey }));
    return ofKey.some((row) => row.context.sequence > context.sequence);
  }

  readRuns(runs: readonly RunToRead[], { bytesMax, bodyMax }: ReadLimits): readonly DueDelivery[] {
    const rows = runs.flatMap(({ endpointId, orderingKey, afterSequence, fromSequence, limit }) => {
      const endpoint = this.endpoints.get(endpointId);
      if (!endpoint?.active || endpoint.state !== "enabled") return [];
      const ofKey = [...this.due.values()].filter((row) => isOfKey(row, { endpointId, orderingKey }));
      if (ofKey.some((row) => row.context.sequence < fromSequence)) return [];
      const next = ofKey
        .filter((row) => row.context.sequence > afterSequence)
        .toSorted((one, other) => one.context.sequence - other.context.sequence)
        .slice(0, limit)
        .map((row) => ({ ...row, endpointVersion: endpoint.version, isFollowed: true }));
      return upToBody(next, bodyMax);
    });
    return upToBytes(rows, bytesMax);
  }

  /** Returns whether the endpoint was to be disabled. */
  disableEndpoint({ endpointId, version }: Pick<DeliverySettings, "endpointId" | "version">): boolean {
    const endpoint = this.endpoints.get(endpointId);
    if (endpoint?.state !== "enabled" || endpoint.version !== version) return false;
    this.change(endpointId, "disabled");
    return true;
  }

  change(endpointId: number, state: DeliverySettings["state"]): void {
    const endpoint = this.endpoints.get(endpointId);
    if (endpoint) this.endpoints.set(endpointId, { ...endpoint, state, version: endpoint.version + 1 });
  }

  settle(engineId: string, settlements: readonly Settlement[]): Settled {
    const written = settlements.filter((settlement) => this.#settleOne(engineId, settlement));
    const promoted = settlements.flatMap(({ endpointId, orderingKey, end }) =>
      end !== null && orderingKey !== null ? this.promoteNext(endpointId, orderingKey) : [],
    );
    return { recorded: written.length, transactions: undefined, lastTransaction: 0, promoted };
  }

  /** Makes a delivery due now, as a manual retry does: with a new round of attempts if it has ended. */
  retry(key: string): void {
    const row = this.due.get(key);
    const lane = this.lanes.get(Number(key.split(".")[1]));
    if (lane) Object.assign(lane, { notBeforeMs: 0, lifts: lane.lifts + 1 });
    if (row) {
      if (row.dueAt === "infinity") row.orderingKey = null;
      row.dueAt = this.moment(this.nowMs);
      row.retriedAt = row.dueAt;
    }
    const ended = this.ended.get(key);
    if (row || !ended) return;
    const { attemptsMade, replay } = ended.row;
    const round = { attemptsMade, roundStart: attemptsMade, replay: replay + Number(ended.state === "delivered") };
    const now = this.moment(this.nowMs);
    this.ended.delete(key);
    this.due.set(key, { ...ended.row, ...round, orderingKey: null, dueAt: now, retriedAt: now });
  }

  #settleOne(engineId: string, settlement: Settlement): boolean {
    const { endpointId, eventId, epoch, number, end, retriedAt, retryAfterSeconds } = settlement;
    const lane = this.lanes.get(endpointId);
    const key = deliveryKey({ eventId, endpointId });
    const row = this.due.get(key);
    if (lane?.owner !== engineId || lane.epoch !== epoch || row?.attemptsMade !== number - 1) return false;
    this.attempts.set(key, [...(this.attempts.get(key) ?? []), number]);
    const isRetried = retriedAt !== null && row.retriedAt !== retriedAt;
    row.attemptsMade = number;
    row.dueAt = this.moment(this.nowMs + (retryAfterSeconds ?? 0) * 1000);
    if (isRetried) Object.assign(row, { roundStart: number, orderingKey: null });
    if (end === null || isRetried) return true;
    this.due.delete(key);
    this.ended.set(key, { row, state: end });
    return true;
  }

  /** Returns the endpoint if a row that waited is due now. */
  promoteNext(endpointId: number, orderingKey: string): readonly number[] {
    for (const row of this.due.values()) {
      if (row.endpointId !== endpointId || row.orderingKey !== orderingKey || row.dueAt !== "infinity") continue;
      if (this.#isBehind(row)) continue;
      row.dueAt = this.moment(this.nowMs);
      return [endpointId];
    }
    return [];
  }

  #isBehind(row: DueRow): boolean {
    return [...this.due.values()].some(
      (other) =>
        other.endpointId === row.endpointId &&
        other.orderingKey === row.orderingKey &&
        other.context.sequence < row.context.sequence,
    );
  }

  #isOpen(endpointId: number): boolean {
    const endpoint = this.endpoints.get(endpointId);
    return (
      endpoint?.active === true &&
      endpoint.state === "enabled" &&
      (this.lanes.get(endpointId)?.notBeforeMs ?? 0) <= this.nowMs
    );
  }
}

export const isOfKey = (row: DueRow, other: Pick<DueRow, "endpointId" | "orderingKey">): boolean =>
  row.endpointId === other.endpointId && row.orderingKey === other.orderingKey;

/** Returns the rows up to that at which their bodies have this size. */
function upToBytes(rows: readonly DueDelivery[], bytesMax: number): readonly DueDelivery[] {
  let bytes = 0;
  return rows.filter(({ body }) => (bytes += body.length) - body.length < bytesMax);
}

/** Returns the rows before the first with a larger body. */
function upToBody(rows: readonly DueDelivery[], bodyMax: number): readonly DueDelivery[] {
  const end = rows.findIndex(({ body }) => body.length > bodyMax);
  return end === -1 ? rows : rows.slice(0, end);
}

const isBefore = (one: { dueAt: string; eventId: string }, other: { dueAt: string; eventId: string }): boolean =>
  one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.eventId < other.eventId);
