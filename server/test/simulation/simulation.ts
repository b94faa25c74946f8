import { noStatistics } from "../support/build-lane.ts";
import { startEngine } from "#webhooks/engine/index.ts";
import { buildEndpoint } from "./build-endpoint.ts";
import { deliveryKey, LaneStoreModel, type DueRow, type SimulatedEndpoint } from "./lane-store-model.ts";
import { Random } from "./random.ts";
import { AttemptMonitor } from "./attempt-monitor.ts";
import { simulatedNetwork, type ReceiverBehaviour } from "./simulated-network.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { unreliableStore } from "./unreliable-store.ts";

const leaseMs = 2000;
/** An engine with 2 to 20 slots has room for one to eight such bodies of quick receivers, and as many of others. */
const largeBytes = 400_000;
const bytes = Buffer.alloc(largeBytes);

interface Recorded {
  readonly endpointId: number;
  readonly visibleAtMs: number | undefined;
  /** Epoch of the lane when the delivery was committed. */
  readonly ownerAtCommit: string | undefined;
}

/** A database, receivers and processes with engines, all derived from one seed. */
export class Simulation {
  readonly random: Random;
  readonly time = new SimulatedTime();
  readonly model: LaneStoreModel;
  readonly monitor: AttemptMonitor;
  readonly behaviours = new Map<number, ReceiverBehaviour>();
  readonly processes: SimulatedProcess[] = [];
  readonly recorded = new Map<string, Recorded>();
  /** When deliveries were last retried manually. */
  readonly retriedAtMs = new Map<string, number>();
  readonly disableAfterMs: number;
  faults = 0;
  lostHints = 0;
  /** Share of the processes that get the rows of a transaction with its hint. */
  hintedRows = 0;
  /** Longest delay of these rows. */
  hintedRowsLateMs = 0;
  refusesOutcomes = false;
  /** With 0, engines release lanes after 2 s without a delivery. */
  keptLanesMax: number;
  #events = 0;
  #engines = 0;
  readonly #bodyBytesMax: number;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.model = new LaneStoreModel(this.time, leaseMs, 1_770_000_000_000 + this.random.between(-3_600_000, 3_600_000));
    this.monitor = new AttemptMonitor({
      time: this.time,
      model: this.model,
      leaseMs,
      inFlightMax: this.random.pick([2, 3, 8, 20]),
    });
    this.disableAfterMs = this.random.pick([Number.POSITIVE_INFINITY, 6000]);
    const endpoints = this.random.between(1, 5);
    for (let id = 1; id <= endpoints; id += 1) {
      this.model.endpoints.set(id, buildEndpoint(this.random, id));
      this.model.lanes.set(id, {
        owner: null,
        epoch: 0,
        notBeforeMs: 0,
        lifts: 0,
        unanswered: 0,
        failingSinceMs: null,
        failedAttempts: 0,
        rateUntilMs: 0,
      });
    }
    this.#bodyBytesMax = this.random.pick([0, largeBytes]);
    this.keptLanesMax = this.random.pick([0, 2, 1000]);
  }

  get endpointIds(): readonly number[] {
    return [...this.model.endpoints.keys()];
  }

  get running(): readonly SimulatedProcess[] {
    return this.processes.filter((process) => process.state !== "killed" && !process.hasStopped);
  }

  /** Starts a process. If it cannot reach the database it ends, and another one is started. */
  startProcess(): void {
    const random = this.random;
    const errors = { wallMs: random.between(-100_000, 100_000), monotonicMs: random.between(0, 1_000_000) };
    const process = new SimulatedProcess(this.processes.length + 1, this.time, errors);
    this.processes.push(process);
    const store = unreliableStore(
      {
        time: this.time,
        random,
        model: this.model,
        faults: () => this.faults,
        refusesOutcomes: () => this.refusesOutcomes,
        hintChanged: (id) => this.hintChanged(id),
      },
      process,
    );
    const sender = simulatedNetwork(
      { time: this.time, random, behaviours: this.behaviours, monitor: this.monitor },
      process,
    );
    const started = startEngine({
      store,
      statistics: noStatistics,
      sender,
      clock: process,
      wallMs: () => process.now().getTime(),
      log: { attempt: () => undefined, notMade: () => undefined, warn: () => undefined },
      chance: () => random.next(),
      newId: () => `engine-${(this.#engines += 1)}`,
      inFlightMax: this.monitor.inFlightMax,
      keptLanesMax: this.keptLanesMax,
      leaseMs,
      disableAfterMs: this.disableAfterMs,
    });
    started.then(
      (engine) => (process.engine = engine),
      () => this.restart(process),
    );
  }

  restart(process: SimulatedProcess): void {
    process.kill();
    this.time.after(this.random.between(100, 1500), () => this.startProcess());
  }

  /** Shuts a process down cleanly. If the database fails meanwhile, its successor recovers. */
  async stop(process: SimulatedProcess, drainMs: number): Promise<void> {
    const engine = process.engine;
    process.engine = undefined;
    try {
      await engine?.stop(drainMs);
    } finally {
      process.hasStopped = true;
    }
  }

  /** Runs a transaction that creates deliveries and commits after a while. */
  record(endpointId: number, deliveries: number, openMs: number): void {
    const endpoint = this.model.endpoints.get(endpointId);
    if (!endpoint) return;
    const rows = Array.from({ length: deliveries }, () => this.#build(endpoint));
    for (const row of rows)
      this.recorded.set(deliveryKey(row), { endpointId, visibleAtMs: undefined, ownerAtCommit: undefined });
    const commit = this.model.record(rows);
    this.time.after(openMs, () => {
      commit();
      const ownerAtCommit = this.model.lanes.get(endpointId)?.owner ?? undefined;
      for (const row of rows)
        this.recorded.set(deliveryKey(row), { endpointId, visibleAtMs: this.time.nowMs, ownerAtCommit });
      this.#tellRows(endpointId, rows);
    });
  }

  /** Hints at committed rows: with a copy of those that are due, or without. Copies may arrive late. */
  #tellRows(endpointId: number, rows: readonly DueRow[]): void {
    const committing = new Map(this.running.map((process) => [process, process.monotonicMs() - 0.5]));
    const due = rows.filter(({ dueAt }) => dueAt !== "infinity").map((row) => ({ ...row }));
    const lateMs = this.random.pick([0, 20, this.hintedRowsLateMs]);
    this.#hint((process) => {
      if (!this.random.happens(this.hintedRows)) return process.engine?.hintDue([endpointId]);
      const hint = (): void => process.engine?.hintRows(due, committing.get(process) ?? Number.NEGATIVE_INFINITY);
      this.time.after(this.random.between(0, Math.min(lateMs, this.hintedRowsLateMs)), () => process.deliver(hint));
    });
  }

  hintDue(endpointIds: readonly number[]): void {
    this.#hint((process) => process.engine?.hintDue(endpointIds));
  }

  hintChanged(endpointId: number): void {
    this.#hint((process) => process.engine?.hintChanged([endpointId]));
  }

  #hint(send: (process: SimulatedProcess) => void): void {
    for (const process of this.running) {
      if (this.random.happens(this.lostHints)) continue;
      this.time.after(this.random.between(0, 5), () => process.deliver(() => send(process)));
    }
  }

  #build({ endpointId, ordering, version }: SimulatedEndpoint): DueRow {
    this.#events += 1;
    const accountId = this.random.between(1, 4);
    // Ids that do not increase: rows of one time are read in another order than that of their creation.
    const eventId = `${this.random.between(1000, 9999)}-${this.#events}`;
    return {
      endpointId,
      eventId,
      dueAt: "",
      orderingKey: ordering === "none" ? null : `account/${accountId}`,
      attemptsMade: 0,
      roundStart: 0,
      retriedAt: "-infinity",
      replay: 0,
      format: this.random.pick(["3scale", "json"]),
      body: bytes.subarray(0, Math.min(this.#bodyBytesMax, this.random.pick([0, 1000, largeBytes]))),
      context: {
        type: "account.updated",
        objectId: accountId,
        accountId,
        time: String(this.time.nowMs),
        sequence: this.#events,
        actor: "system",
        channel: "bellwire_api",
      },
      endpointVersion: version,
      isFollowed: false,
    };
  }
}
