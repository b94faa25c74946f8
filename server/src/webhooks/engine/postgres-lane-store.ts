import type { Pool } from "#platform/database/database.ts";
import type { Encryption } from "#platform/encryption/encryption.ts";
import {
  beatHeart,
  confirmLanes,
  deleteDeadEngines,
  deleteEngine,
  findDueLanes,
  insertEngine,
  readDueDeliveries,
  releaseLanes,
  sampleTransactions,
  settleDeliveries,
  takeLanes,
} from "#webhooks/deliveries/index.ts";
import { disableEndpoint, readDeliverySettings } from "#webhooks/endpoints/index.ts";

import type { LaneStore } from "./engine-needs.ts";

/** The engine's lanes in PostgreSQL. Each call is one statement and its own transaction. */
export function postgresLaneStore(db: Pool, encryption: Encryption, leaseMs: number): LaneStore {
  const leaseSeconds = leaseMs / 1000;
  return {
    async enter(engineId) {
      await deleteDeadEngines(db);
      await insertEngine(db, engineId);
    },
    leave: (engineId) => deleteEngine(db, engineId),
    beat: (engineId) => beatHeart(db, engineId),
    findDueLanes: (engineId) => findDueLanes(db, { engineId, leaseSeconds }),
    take: (engineId, endpointIds, asked) => takeLanes(db, { engineId, endpointIds, asked, leaseSeconds }),
    confirm: (engineId, lanes) => confirmLanes(db, engineId, lanes),
    release: (engineId, lanes) => releaseLanes(db, engineId, lanes),
    readSettings: (endpointIds) => readDeliverySettings(db, encryption, endpointIds),
    sampleTransactions: () => sampleTransactions(db),
    readDue: (lanes) => readDueDeliveries(db, lanes),
    disableEndpoint: (endpointId, reason) => disableEndpoint(db, endpointId, reason),
    settle: (engineId, settlements) => settleDeliveries(db, engineId, settlements),
  };
}
