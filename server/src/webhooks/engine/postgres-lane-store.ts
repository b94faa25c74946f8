import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import { hasEnded, type ProcessMark, writeMark } from "#platform/process/process-mark.ts";
import {
  beatHeart,
  confirmLanes,
  deleteDeadEngines,
  deleteEndedEngines,
  deleteEngine,
  findDueLanes,
  insertEngine,
  readDueDeliveries,
  readRuns,
  releaseLanes,
  sampleTransactions,
  settleDeliveries,
  takeLanes,
} from "#webhooks/deliveries/index.ts";
import { disableEndpoint, readDeliverySettings } from "#webhooks/endpoints/index.ts";

import type { LaneStore } from "./engine-needs.ts";

/** The engine's lanes in PostgreSQL. Each call is one statement and its own transaction. */
export function postgresLaneStore(db: Pool, encryption: Encryption, leaseMs: number, mark?: ProcessMark): LaneStore {
  const leaseSeconds = leaseMs / 1000;
  const deleteEnded = async (): Promise<void> => {
    if (mark) await deleteEndedEngines(db, (process) => hasEnded(process, mark));
  };
  return {
    async enter(engineId) {
      await deleteDeadEngines(db);
      await deleteEnded();
      await insertEngine(db, engineId, mark && writeMark(mark));
    },
    leave: (engineId) => deleteEngine(db, engineId),
    async beat(engineId) {
      const [isKnown] = await Promise.all([beatHeart(db, engineId), deleteEnded()]);
      return isKnown;
    },
    findDueLanes: (engineId) => findDueLanes(db, { engineId, leaseSeconds }),
    take: (engineId, endpointIds, asked) => takeLanes(db, { engineId, endpointIds, asked, leaseSeconds }),
    confirm: (engineId, lanes) => confirmLanes(db, engineId, lanes),
    release: (engineId, lanes) => releaseLanes(db, engineId, lanes),
    readSettings: (endpointIds) => readDeliverySettings(db, encryption, endpointIds),
    sampleTransactions: () => sampleTransactions(db),
    readDue: (lanes) => readDueDeliveries(db, lanes),
    readRuns: (runs) => readRuns(db, runs),
    disableEndpoint: (endpointId, reason) => disableEndpoint(db, endpointId, reason),
    settle: (engineId, settlements) => settleDeliveries(db, engineId, settlements),
  };
}
