import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import type { TracedAttempt, Tracing } from "#platform/telemetry/tracing.ts";
import { type ProcessMark, formatProcessMark, hasProcessEnded } from "#platform/process-mark.ts";
import type { NotMade, Sender } from "#webhooks/attempts/index.ts";
import {
  type AttemptOutcome,
  type ClaimedLane,
  type DueDelivery,
  type DueLanes,
  type LaneToRead,
  type NextStep,
  type LaneEpoch,
  type ReadLimits,
  type ReleasedLane,
  type RunToRead,
  type Settled,
  type Settlement,
  type TransactionSample,
  claimLanes,
  deleteDeadEngines,
  deleteEndedEngines,
  deleteEngine,
  findDueLanes,
  findRecordedLanes,
  insertEngine,
  markEngineStopping,
  readDueDeliveries,
  readRuns,
  recordHeartbeat,
  releaseLanes,
  sampleTransactions,
  settleDeliveries,
  verifyOwnership,
} from "#webhooks/deliveries/index.ts";
import {
  type DeliverySettings,
  type UndecryptableEndpoint,
  disableEndpoint,
  readDeliverySettings,
} from "#webhooks/endpoints/index.ts";
import type { AttemptCounter } from "#webhooks/statistics/index.ts";

/** The engine's interface to PostgreSQL. Every call may reject, since the database may be away for a while. */
export interface LaneStore {
  /** Registers the engine in place of its former ids, whose lanes are free from then on. */
  register(engineId: string, formerIds: readonly string[]): Promise<void>;
  /** The engine claims no more lanes. The others divide all free ones among themselves, although it is alive. */
  stopClaims(engineId: string): Promise<void>;
  unregister(engineId: string): Promise<void>;
  /** Returns false if the engine's lease has expired in the database. */
  heartbeat(engineId: string): Promise<boolean>;
  findDueLanes(engineId: string): Promise<DueLanes>;
  /** `claimNumber` increases with each call: a call that arrives after a later one claims nothing. */
  claim(engineId: string, endpointIds: readonly number[], claimNumber: number): Promise<readonly ClaimedLane[]>;
  /** Returns the endpoints of those lanes that the engine owns under the given epoch. */
  verifyOwnership(engineId: string, lanes: readonly LaneEpoch[]): Promise<readonly number[]>;
  /** Returns those of the endpoints whose lanes are recorded as the engine's, under any epoch. */
  findRecorded(engineId: string, endpointIds: readonly number[]): Promise<readonly number[]>;
  release(engineId: string, lanes: readonly ReleasedLane[]): Promise<void>;
  readSettings(endpointIds: readonly number[]): Promise<readonly (DeliverySettings | UndecryptableEndpoint)[]>;
  sampleTransactions(): Promise<TransactionSample>;
  /** Reads due rows lane by lane, in the given order. */
  readDue(lanes: readonly LaneToRead[], limits: ReadLimits): Promise<readonly DueDelivery[]>;
  /** Reads rows behind the heads of ordering keys, in sequence, in the same way. */
  readRuns(runs: readonly RunToRead[], limits: ReadLimits): Promise<readonly DueDelivery[]>;
  /** Returns false if the endpoint has changed since it had these settings. */
  disableEndpoint(settings: Pick<DeliverySettings, "endpointId" | "version">, reason: string): Promise<boolean>;
  /** Records outcomes. Those that are not recorded were no longer the engine's to record. */
  settle(engineId: string, settlements: readonly Settlement[]): Promise<Settled>;
}

export interface EngineLog {
  attempt(line: AttemptLine): void;
  /** An attempt could not be made, for want of a resource of this process or machine. */
  notMade(notMade: NotMade): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The log line of an attempt. */
export interface AttemptLine extends Pick<
  TracedAttempt,
  "eventId" | "eventType" | "endpointId" | "url" | "attempt" | "status"
> {
  readonly outcome: AttemptOutcome["kind"];
  readonly tookMs: number;
  readonly next: NextStep["step"];
  readonly afterSeconds: number | undefined;
  readonly traceId: string | undefined;
}

export interface EngineNeeds {
  readonly store: LaneStore;
  /** Counts recorded attempts. */
  readonly statistics: AttemptCounter;
  readonly sender: Pick<Sender, "resolve" | "send">;
  readonly clock: Clock;
  /** Milliseconds of the machine's wall clock. It may be wrong or be set; it goes on while the machine sleeps. */
  readonly wallMs: () => number;
  readonly log: EngineLog;
  readonly tracing?: Pick<Tracing, "recordAttempt"> | undefined;
  /** Returns a random number from 0 to 1. */
  readonly chance: () => number;
  readonly newId: () => string;
  /** Concurrency limit of this process. */
  readonly inFlightMax: number;
  /** Maximum of attempts in flight, those to hanging receivers included. Five times `inFlightMax` if it is undefined. */
  readonly attemptsMax?: number | undefined;
  /** Idle lanes are released only if the engine has more lanes than this. 1,000 if it is undefined. */
  readonly keptLanesMax?: number | undefined;
  /** Time without a heartbeat after which other engines claim the lanes. */
  readonly leaseMs: number;
  /** An endpoint at which all attempts have failed for this long is disabled. */
  readonly disableAfterMs: number;
}

interface EngineProcess {
  readonly leaseMs: number;
  /** The sender's, recorded with the settings of each request. */
  readonly userAgent: string;
  readonly mark?: ProcessMark | undefined;
}

/** The lane store in PostgreSQL. Each call is one statement and its own transaction. */
export function postgresLaneStore(
  db: Pool,
  encryption: Encryption,
  { leaseMs, userAgent, mark }: EngineProcess,
): LaneStore {
  const leaseSeconds = leaseMs / 1000;
  const deleteEnded = async (): Promise<void> => {
    if (mark) await deleteEndedEngines(db, (process) => hasProcessEnded(process, mark));
  };
  return {
    async register(engineId, formerIds) {
      await deleteDeadEngines(db);
      await deleteEnded();
      await insertEngine(db, engineId, { process: mark && formatProcessMark(mark), formerIds });
    },
    stopClaims: (engineId) => markEngineStopping(db, engineId),
    unregister: (engineId) => deleteEngine(db, engineId),
    async heartbeat(engineId) {
      const [isKnown] = await Promise.all([recordHeartbeat(db, engineId), deleteEnded()]);
      return isKnown;
    },
    findDueLanes: (engineId) => findDueLanes(db, { engineId, leaseSeconds }),
    claim: (engineId, endpointIds, claimNumber) => claimLanes(db, { engineId, endpointIds, claimNumber, leaseSeconds }),
    verifyOwnership: (engineId, lanes) => verifyOwnership(db, engineId, lanes),
    findRecorded: (engineId, endpointIds) => findRecordedLanes(db, engineId, endpointIds),
    release: (engineId, lanes) => releaseLanes(db, engineId, lanes),
    readSettings: (endpointIds) => readDeliverySettings(db, encryption, { endpointIds, userAgent }),
    sampleTransactions: () => sampleTransactions(db),
    readDue: (lanes, limits) => readDueDeliveries(db, lanes, limits),
    readRuns: (runs, limits) => readRuns(db, runs, limits),
    disableEndpoint: (settings, reason) => disableEndpoint(db, settings, reason),
    settle: (engineId, settlements) => settleDeliveries(db, engineId, settlements),
  };
}
