import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createEncryption } from "#platform/encryption.ts";
import { createIdGenerator } from "#platform/ids.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { type SenderOptions, createSender } from "#webhooks/attempts/index.ts";
import {
  type AttemptLine,
  type RunningEngine,
  followHints,
  postgresLaneStore,
  startEngine,
} from "#webhooks/engine/index.ts";
import { StatisticsRecorder, writeStatistics } from "#webhooks/statistics/index.ts";
import { lookupHere } from "./build-attempts.ts";
import { encryption } from "./build-webhooks.ts";

export interface TestEngine extends AsyncDisposable {
  readonly engine: RunningEngine;
  /** One log line per attempt. */
  readonly lines: readonly AttemptLine[];
  readonly warnings: readonly string[];
}

export interface TestEngineOptions extends Partial<Pick<SenderOptions, "caPem" | "lookup">> {
  /** Defaults to that of production: an engine that gets no processor for as long sends deliveries again. */
  readonly leaseMs?: number;
  readonly inFlightMax?: number;
  readonly keptLanesMax?: number;
  readonly allowedTargets?: string;
  readonly drainMs?: number;
  readonly disableAfterMs?: number;
  readonly userAgent?: string;
  /** Newest first. Defaults to the key of build-webhooks.ts. */
  readonly keys?: readonly Buffer[];
  /** Awaited after a heartbeat is recorded, before the engine gets the response. */
  readonly onHeartbeat?: () => Promise<void>;
  /** Awaited before endpoints' settings are read; throws like an unavailable database. */
  readonly onReadSettings?: () => void | Promise<void>;
  /** Called when they were read, before the engine gets them. */
  readonly onSettingsRead?: () => void;
  /** Gets the number of outcomes to record, and of those recorded. */
  readonly onSettled?: (requested: number, recorded: number) => void;
  /** Called before and after statistics are committed; throws like a lost connection. */
  readonly onStatistics?: (when: "before" | "after") => void;
}

/** The production engine, on the test's database and with loopback receivers allowed. */
export async function startTestEngine(pool: Pool, options: TestEngineOptions = {}): Promise<TestEngine> {
  const {
    leaseMs = 10_000,
    inFlightMax = 50,
    keptLanesMax,
    allowedTargets = "127.0.0.0/8,::1/128",
    drainMs = 5000,
    disableAfterMs = Number.POSITIVE_INFINITY,
    userAgent = "Bellwire/test",
    keys,
    onHeartbeat = () => Promise.resolve(),
    onReadSettings = () => undefined,
    onSettingsRead = () => undefined,
    onSettled = () => undefined,
    onStatistics = () => undefined,
    lookup = lookupHere(),
    ...network
  } = options;
  const allowed = parseAllowedTargets(allowedTargets);
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const sender = createSender({ clock: systemClock, userAgent, allowed, lookup, ...network });
  const lines: AttemptLine[] = [];
  const warnings: string[] = [];
  const store = postgresLaneStore(pool, keys ? createEncryption(keys) : encryption, { leaseMs, userAgent });
  const statistics: StatisticsRecorder = new StatisticsRecorder({
    clock: systemClock,
    async write(lanes) {
      onStatistics("before");
      const written = await pool.inTransaction((tx) => writeStatistics(tx, lanes));
      onStatistics("after");
      return written;
    },
    ownedLanes: () => engine.laneStates(),
    log: { warn: (_fields, sentence) => warnings.push(sentence) },
  });
  const engine = await startEngine({
    statistics,
    store: {
      ...store,
      async heartbeat(engineId) {
        const isKnown = await store.heartbeat(engineId);
        await onHeartbeat();
        return isKnown;
      },
      async readSettings(endpointIds) {
        await onReadSettings();
        const settings = await store.readSettings(endpointIds);
        onSettingsRead();
        return settings;
      },
      async settle(engineId, settlements) {
        const settled = await store.settle(engineId, settlements);
        onSettled(settlements.length, settled.recorded);
        return settled;
      },
    },
    sender,
    clock: systemClock,
    wallMs: () => systemClock.now().getTime(),
    log: {
      attempt: (line) => lines.push(line),
      notMade: () => undefined,
      warn: (_fields, sentence) => warnings.push(sentence),
    },
    chance: () => 0,
    newId: createIdGenerator(systemClock),
    inFlightMax,
    keptLanesMax,
    leaseMs,
    disableAfterMs,
  });
  const stopRecording = new AbortController();
  const recording = statistics.run(stopRecording.signal);
  const stopHints = followHints(engine, pool, systemClock);
  return {
    engine,
    lines,
    warnings,
    async [Symbol.asyncDispose]() {
      stopHints();
      await engine.stop(drainMs);
      stopRecording.abort();
      await recording;
      await sender[Symbol.asyncDispose]();
    },
  };
}
