import type { Clock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption.ts";
import { type ProcessMark, formatProcessMark, hasProcessEnded } from "#platform/process-mark.ts";
import type { AttemptRequest } from "#webhooks/attempts/index.ts";
import {
  type AttemptOutcome,
  type ClaimedLane,
  type DueDelivery,
  type DueLanes,
  type LaneToRead,
  type NextStep,
  type OwnedLane,
  type ReleasedLane,
  type RunToRead,
  type Settlement,
  type TransactionSample,
  claimLanes,
  deleteDeadEngines,
  deleteEndedEngines,
  deleteEngine,
  findDueLanes,
  insertEngine,
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

/** All that the engine asks of the network. Never rejects for what a receiver can do. */
export interface Sender {
  send(request: AttemptRequest): Promise<AttemptOutcome>;
}

/** All that the engine asks of PostgreSQL. Every call may reject: the database may be away for a while. */
export interface LaneStore {
  enter(engineId: string): Promise<void>;
  leave(engineId: string): Promise<void>;
  /** False when others have given the engine up. */
  beat(engineId: string): Promise<boolean>;
  findDueLanes(engineId: string): Promise<DueLanes>;
  /** `asked` is higher each time: what is done late, after a newer one, takes nothing. */
  take(engineId: string, endpointIds: readonly number[], asked: number): Promise<readonly ClaimedLane[]>;
  /** Which of the lanes are the engine's, under the epoch that it knows. */
  confirm(engineId: string, lanes: readonly OwnedLane[]): Promise<readonly number[]>;
  release(engineId: string, lanes: readonly ReleasedLane[]): Promise<void>;
  readSettings(endpointIds: readonly number[]): Promise<readonly (DeliverySettings | UndecryptableEndpoint)[]>;
  sampleTransactions(): Promise<TransactionSample>;
  readDue(lanes: readonly LaneToRead[]): Promise<readonly DueDelivery[]>;
  /** Rows that wait behind the heads of ordering keys, in sequence. */
  readRuns(runs: readonly RunToRead[]): Promise<readonly DueDelivery[]>;
  /** Its receiver says that it is gone for good, or everything has failed there for too long. */
  disableEndpoint(endpointId: number, reason: string): Promise<void>;
  settle(engineId: string, settlements: readonly Settlement[]): Promise<number>;
}

/** What happened, one line each, and what goes wrong beside the receivers' answers. */
export interface EngineLog {
  attempt(line: AttemptLine): void;
  warn(fields: Readonly<Record<string, unknown>>, sentence: string): void;
}

export interface AttemptLine {
  readonly eventId: string;
  readonly eventType: string;
  readonly endpointId: number;
  readonly url: string;
  readonly attempt: number;
  readonly outcome: AttemptOutcome["kind"];
  readonly status: number | undefined;
  readonly tookMs: number;
  readonly next: NextStep["step"];
  readonly afterSeconds: number | undefined;
}

export interface EngineNeeds {
  readonly store: LaneStore;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly log: EngineLog;
  /** From 0 to 1. */
  readonly chance: () => number;
  readonly newId: () => string;
  /** Deliveries in flight at once, in this process. */
  readonly inFlightMax: number;
  /** How long an engine may be silent before others take its lanes. */
  readonly leaseMs: number;
  /** An endpoint at which all attempts have failed for so long is disabled. */
  readonly disableAfterMs: number;
}

/** The engine's lanes in PostgreSQL. Each call is one statement and its own transaction. */
export function postgresLaneStore(db: Pool, encryption: Encryption, leaseMs: number, mark?: ProcessMark): LaneStore {
  const leaseSeconds = leaseMs / 1000;
  const deleteEnded = async (): Promise<void> => {
    if (mark) await deleteEndedEngines(db, (process) => hasProcessEnded(process, mark));
  };
  return {
    async enter(engineId) {
      await deleteDeadEngines(db);
      await deleteEnded();
      await insertEngine(db, engineId, mark && formatProcessMark(mark));
    },
    leave: (engineId) => deleteEngine(db, engineId),
    async beat(engineId) {
      const [isKnown] = await Promise.all([recordHeartbeat(db, engineId), deleteEnded()]);
      return isKnown;
    },
    findDueLanes: (engineId) => findDueLanes(db, { engineId, leaseSeconds }),
    take: (engineId, endpointIds, asked) => claimLanes(db, { engineId, endpointIds, asked, leaseSeconds }),
    confirm: (engineId, lanes) => verifyOwnership(db, engineId, lanes),
    release: (engineId, lanes) => releaseLanes(db, engineId, lanes),
    readSettings: (endpointIds) => readDeliverySettings(db, encryption, endpointIds),
    sampleTransactions: () => sampleTransactions(db),
    readDue: (lanes) => readDueDeliveries(db, lanes),
    readRuns: (runs) => readRuns(db, runs),
    disableEndpoint: (endpointId, reason) => disableEndpoint(db, endpointId, reason),
    settle: (engineId, settlements) => settleDeliveries(db, engineId, settlements),
  };
}
