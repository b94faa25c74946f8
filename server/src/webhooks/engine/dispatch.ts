import { type TraceContext, type TracedAttempt, isRecorded, traceIdOf } from "#platform/telemetry/tracing.ts";
import { parseIsoTime } from "#platform/times.ts";
import { type AttemptRequest, type NotMade, contentOfAttempt, maskOutcome } from "#webhooks/attempts/index.ts";
import {
  type AttemptOutcome,
  type DueDelivery,
  type NextStep,
  type Settled,
  type Settlement,
  attemptNumberMax,
  errorClassOf,
  encodeTrace,
  nextStep,
  retryAfterSeconds,
} from "#webhooks/deliveries/index.ts";
import type { DeliverySettings } from "#webhooks/endpoints/index.ts";
import { type CountedAttempt, delayOf } from "#webhooks/statistics/index.ts";
import { ConcurrencyLimits, Exhaustion, KeptBodies, type SlotPace, TurnQueue } from "./limits.ts";
import type { Lane } from "./lane.ts";
import type { Lease } from "./lease.ts";
import { SettleQueue, type SettleResult } from "./settle-queue.ts";
import type { AttemptLine, EngineNeeds } from "./store.ts";

/** With more outcomes waiting for the database, nothing is sent, since it could not be recorded. */
const unsettledMax = 5000;
/** With more attempts in flight, free slots are filled together after a millisecond. */
const fillTogetherMin = 8;
const fillTogetherMs = 1;
/** Pause of a lane that has no local port left for its receiver. Closed connections keep their ports for a minute. */
const portsPauseMs = 1000;
/**
 * Starting attempts stops after this time, so that responses and API requests are processed in between. Receivers without a
 * good record get less of it.
 */
const fillMaxMs: Readonly<Record<SlotPace, number>> = { unknown: 3, quick: 5, moderate: 5, slow: 2, failing: 2 };
/** Unknown receivers first: they may use a few slots only, and would find none free. */
const fillOrder: readonly SlotPace[] = ["unknown", "quick", "moderate", "slow", "failing"];
/** A turn costs a lane this and its latency, so that lanes that respond at once take turns whichever is a millisecond faster. */
const turnMs = 20;

interface DispatchEvents {
  /** The lane may need rows. */
  readonly onRoom: (lane: Lane) => void;
  /** Outcomes of the lane were refused. */
  readonly onRefused: (lane: Lane) => void;
  /** Outcomes of the lane were given up. */
  readonly onGivenUp: (lane: Lane) => void;
}

/** Assigns free slots to lanes, one delivery at a time, so that all that wait get the same time in slots. */
export class Dispatch {
  readonly #needs: EngineNeeds;
  readonly #lease: Lease;
  readonly #events: DispatchEvents;
  readonly #limits: ConcurrencyLimits;
  readonly #keptBodies = new KeptBodies();
  readonly #exhaustion: Exhaustion;
  readonly #outcomes: SettleQueue;
  readonly #queues: Readonly<Record<SlotPace, TurnQueue<Lane>>> = {
    unknown: new TurnQueue(),
    quick: new TurnQueue(),
    moderate: new TurnQueue(),
    slow: new TurnQueue(),
    failing: new TurnQueue(),
  };
  #isClosed = false;
  #willFill = false;
  #onIdle: (() => void) | undefined;

  constructor(needs: EngineNeeds, lease: Lease, events: DispatchEvents) {
    this.#needs = needs;
    this.#lease = lease;
    this.#events = events;
    this.#limits = new ConcurrencyLimits(needs.inFlightMax, needs.attemptsMax);
    this.#exhaustion = new Exhaustion(needs.inFlightMax, needs.log);
    this.#outcomes = new SettleQueue(needs);
  }

  get inFlight(): number {
    return this.#limits.inFlight;
  }

  /** Queues the lane for a slot if it may send. `isNext`: before all others. */
  offer(lane: Lane, isNext = false): void {
    const queue = this.#queues[lane.slotPace];
    if (this.#isClosed || lane.queue === queue || !lane.mayStart(this.#needs.clock.monotonicMs())) return;
    // The pace has changed since the lane was queued.
    lane.queue?.delete(lane);
    lane.queue = queue;
    queue.add(lane, isNext);
  }

  /** Starts attempts while slots are free and the lease holds. */
  fill(): void {
    this.#limits.moveLate(this.#needs.clock.monotonicMs());
    const isDone = fillOrder.map((pace) => this.#fillPace(pace));
    if (isDone.includes(false)) this.#fillSoon();
  }

  /** Empties the queues: the lanes are lost. */
  clear(): void {
    for (const queue of Object.values(this.#queues)) queue.clear();
  }

  /** Starts no more attempts. */
  close(): void {
    this.#isClosed = true;
    this.clear();
  }

  /** Waits until no attempt is in flight, at most `ms`. */
  async drainAttempts(ms: number): Promise<void> {
    if (this.#limits.inFlight === 0) return;
    const idle = new AbortController();
    this.#onIdle = () => idle.abort();
    await this.#needs.clock.sleep(ms, idle.signal);
  }

  /** Waits until all outcomes are recorded or given up. */
  async drainOutcomes(): Promise<void> {
    await this.#outcomes.drain();
  }

  /** Fills slots that became free. A request that is written alone wakes its receiver alone, a tenth of all work at 1,000/s. */
  #refill(): void {
    if (this.#limits.inFlight < fillTogetherMin) this.fill();
    else this.#fillSoon();
  }

  #fillSoon(): void {
    if (this.#willFill) return;
    this.#willFill = true;
    void this.#needs.clock.sleep(fillTogetherMs).then(() => {
      this.#willFill = false;
      this.fill();
    });
  }

  /** Returns false when time ran out before slots or lanes did. */
  #fillPace(pace: SlotPace): boolean {
    const queue = this.#queues[pace];
    const endsMs = this.#needs.clock.monotonicMs() + fillMaxMs[pace];
    const held: Lane[] = [];
    let isDone = true;
    while (this.#limits.hasSlot(pace) && this.#outcomes.length < unsettledMax) {
      const nowMs = this.#needs.clock.monotonicMs();
      if (!this.#lease.holds || !this.#exhaustion.allows(this.inFlight, nowMs)) break;
      if (nowMs > endsMs) {
        isDone = queue.length === 0;
        break;
      }
      const lane = queue.take();
      if (!lane) break;
      if (!this.#limits.hasSlotFor(pace, lane.inFlight)) held.push(lane);
      else this.#startOrWait(lane, pace, nowMs);
    }
    for (const lane of held) queue.add(lane);
    return isDone;
  }

  /** Starts the lane's next attempt in a free slot, unless it waits for its host. */
  #startOrWait(lane: Lane, pace: SlotPace, nowMs: number): void {
    lane.queue = undefined;
    if (lane.slotPace === pace) {
      if (!this.#isResolved(lane, nowMs)) return;
      if (!lane.host.hasRoom(lane.pace, lane.respondsSlowly)) return lane.host.wait(lane, lane.respondsSlowly);
      this.#queues[pace].charge(lane, turnMs + (lane.window.latencyMs ?? 0));
      this.#start(lane, nowMs);
    }
    this.offer(lane);
  }

  /**
   * Returns whether the name of the lane's host is resolved. If not, the lane waits at its host, without a slot: 200 names that
   * are never answered would otherwise use up the slots of unknown receivers for seconds.
   */
  #isResolved(lane: Lane, nowMs: number): boolean {
    const { host } = lane;
    if (host.isResolved(nowMs)) return true;
    if (!host.isResolving) {
      const resolved = this.#needs.sender.resolve(lane.settings.url);
      if (!resolved) return true;
      host.beginResolving();
      void resolved.then(() => {
        host.endResolving(this.#needs.clock.monotonicMs());
        // Those behind may still have to be looked up.
        for (const waiting of host.takeWaiting()) this.offer(waiting, true);
        this.#refill();
      });
    }
    host.wait(lane);
    return false;
  }

  #start(lane: Lane, nowMs: number): void {
    const delivery = lane.mayStart(nowMs) ? lane.shift(nowMs) : undefined;
    if (!delivery) return;
    const { host, slotPace: pace, window, respondsSlowly } = lane;
    const onLate = (): void => {
      lane.isStalled = true;
      window.narrow();
      host.markLate();
      lane.rows.releaseSiblings(delivery);
      this.offer(lane);
    };
    const slot = this.#limits.acquire(nowMs, { pace, isFirst: window.pace === "unknown", onLate });
    // No delivery waits for a slow response.
    if (slot.isLate) lane.rows.releaseSiblings(delivery);
    lane.inFlight += 1;
    host.begin(slot.isLate, respondsSlowly);
    const { engineId, mayStart } = this.#lease;
    const { clock } = this.#needs;
    const cutBody = (body: Uint8Array): Uint8Array => this.#keptBodies.cut(lane.endpointId, body, clock.monotonicMs());
    const input = { delivery, epoch: lane.epoch, mayStart, cutBody };
    void makeAttempt(this.#needs, lane.settings, input).then((attempt) => {
      this.#limits.release(slot);
      lane.inFlight -= 1;
      if (lane.inFlight === 0) lane.isStalled = false;
      if (!slot.isLate) lane.rows.releaseSiblings(delivery);
      if ("resource" in attempt) {
        host.release(slot.isLate, respondsSlowly);
        this.#putBack(lane, delivery, attempt);
      } else {
        host.end(slot.isLate, attempt.outcome, respondsSlowly);
        if (!slot.isLate) lane.isStalled = false;
        this.#end(lane, engineId, attempt);
      }
      for (const waiting of host.takeWaiting()) this.offer(waiting);
      if (this.#limits.inFlight === 0) this.#onIdle?.();
      this.#refill();
    });
  }

  #end(lane: Lane, engineId: string, attempt: AttemptResult): void {
    const { outcome, settlement } = attempt;
    const nowMs = this.#needs.clock.monotonicMs();
    lane.learn(outcome, nowMs, attempt.retryAfterSeconds);
    lane.failure.learn(settlement.end === "delivered", nowMs);
    lane.rows.ended(settlement, settlement.end !== null, nowMs);
    if (attempt.isGone) this.#disable(lane, attempt.settings, "The receiver answered 410: it is gone for good.");
    else if (!lane.settings.isDefault && lane.failure.lastsFor(this.#needs.disableAfterMs, nowMs))
      this.#disable(lane, attempt.settings, `No attempt has succeeded for ${daysOf(this.#needs.disableAfterMs)}.`);
    const { orderingKey } = settlement;
    this.#outcomes.add({
      engineId,
      settlement,
      mayWait: orderingKey === null ? settlement.end === "delivered" : lane.rows.mayRecordLater(orderingKey),
      onSettled: (result, settled) => {
        this.#count(lane, attempt.counted, settled);
        this.#settled(lane, settlement, { result, isPromoted: settled?.promoted.includes(lane.endpointId) ?? false });
      },
    });
    this.offer(lane);
    this.#events.onRoom(lane);
  }

  /** No attempt was made, for want of a resource of this process or of its lease. The delivery stays due and is read again. */
  #putBack(lane: Lane, delivery: DueDelivery, notMade: NotMade): void {
    const nowMs = this.#needs.clock.monotonicMs();
    lane.putBack(delivery, nowMs, notMade.resource === "ports" ? portsPauseMs : 0);
    if (notMade.resource !== "lease") this.#exhaustion.learn(notMade, this.inFlight, nowMs);
  }

  #count(lane: Lane, attempt: CountedAttempt, settled: Settled | undefined): void {
    if (settled?.transactions) this.#needs.statistics.count(lane.claim, attempt, settled.transactions);
    else this.#needs.statistics.recount(lane.claim, settled?.lastTransaction ?? 0);
  }

  /** `isPromoted`: a delivery of the lane that waited in its key may be due now. */
  #settled(
    lane: Lane,
    settlement: Settlement,
    { result, isPromoted }: { readonly result: SettleResult; readonly isPromoted: boolean },
  ): void {
    const nowMs = this.#needs.clock.monotonicMs();
    lane.rows.settled(settlement, nowMs);
    if (result === "partly") this.#events.onRefused(lane);
    if (result === "unknown") this.#events.onGivenUp(lane);
    const { retryAfterSeconds: waitSeconds, orderingKey } = settlement;
    if (waitSeconds !== null) lane.polls.pollBy(nowMs + waitSeconds * 1000);
    else if (orderingKey !== null) this.#startSuccessor(lane, orderingKey, isPromoted);
  }

  /**
   * Holds the endpoint's deliveries from now on, and disables it in the database. If that fails, or the endpoint has changed since the
   * attempt, the lane is released and claimed again, and the next failed attempt disables the endpoint.
   */
  #disable(lane: Lane, settings: DeliverySettings, reason: string): void {
    if (lane.isDisabling) return;
    lane.isDisabling = true;
    lane.switchOff();
    void this.#needs.store
      .disableEndpoint(settings, reason)
      .then(
        (isDisabled) => isDisabled && lane.failure.reset(),
        (error: unknown) =>
          this.#needs.log.warn({ error, endpointId: lane.endpointId }, "an endpoint could not be disabled"),
      )
      .finally(() => (lane.isDisabling = false));
  }

  /** The end of an ordered delivery is recorded: the next of its key may be in memory, or is due in the database if promoted. */
  #startSuccessor(lane: Lane, orderingKey: string, isPromoted: boolean): void {
    if (isPromoted && !lane.rows.isRunning(orderingKey)) lane.polls.pollNow();
    this.#events.onRoom(lane);
    this.offer(lane);
    if (lane.queue) this.#refill();
  }
}

function daysOf(ms: number): string {
  const days = Math.round(ms / 86_400_000);
  return days === 1 ? "a day" : `${days} days`;
}

interface AttemptResult {
  readonly outcome: AttemptOutcome;
  readonly settlement: Settlement;
  readonly counted: CountedAttempt;
  /** The receiver responded with 410, and nothing more is to be sent to it. */
  readonly isGone: boolean;
  readonly settings: DeliverySettings;
  readonly retryAfterSeconds: number;
}

interface AttemptInput {
  readonly delivery: DueDelivery;
  readonly epoch: number;
  /** Checked once a connection is there: whether this engine may still send. */
  readonly mayStart: () => boolean;
  /** Returns the part of the response's body to store. */
  readonly cutBody: (body: Uint8Array) => Uint8Array;
}

/**
 * Makes one attempt: sends, classifies the response, decides the next step. No transaction is open meanwhile. An attempt that
 * could not be made is no attempt: its number is given to the next one.
 */
async function makeAttempt(
  { sender, clock, chance, log, tracing }: Pick<EngineNeeds, "sender" | "clock" | "chance" | "log" | "tracing">,
  settings: DeliverySettings,
  { delivery, epoch, mayStart, cutBody }: AttemptInput,
): Promise<AttemptResult | NotMade> {
  const at = clock.now();
  const number = delivery.attemptsMade + 1;
  const request = requestOf(settings, delivery, { attempt: number, sentAt: at, mayStart });
  let outcome: AttemptOutcome | NotMade;
  try {
    outcome = maskOutcome(await sender.send(request), settings.urlSecrets);
  } catch (error) {
    outcome = outcomeOfBug(error);
  }
  if (outcome.kind === "not-made") return outcome;
  const policy = {
    success: settings.success,
    waitsSeconds: settings.retryWaitsSeconds,
    jitter: jitterOf(delivery),
    believesGone: !settings.isDefault,
  };
  const now = clock.now();
  const inRound = number < attemptNumberMax ? number - delivery.roundStart : Number.POSITIVE_INFINITY;
  const next = nextStep(outcome, inRound, policy, { chance: chance(), now });
  const body = outcome.kind === "answered" ? outcome.body : null;
  const attempt = { number, at, outcome, next, keptBody: body && cutBody(body) };
  const line = logLineOf(settings, delivery, attempt);
  log.attempt(line);
  if (tracing && request.trace && isRecorded(request.trace))
    tracing.recordAttempt(tracedAttempt(line, request.trace, delivery, outcome));
  const settlement = settlementOf(settings, epoch, delivery, attempt);
  return {
    outcome,
    settlement,
    counted: countedOf(delivery, settlement, { sent: request.body.length, received: body?.length ?? 0 }),
    isGone: next.step === "disable",
    settings,
    retryAfterSeconds: retryAfterSeconds(outcome, now) ?? 0,
  };
}

/** Counts a bug of the sender as a failed attempt. If it were thrown, the delivery would be repeated at once, for ever. */
const outcomeOfBug = (error: unknown): AttemptOutcome => ({
  kind: "unreachable",
  code: "internal",
  reason: `Bellwire could not make the request: ${error instanceof Error ? error.message : String(error)}`,
  latencyMs: 0,
});

/** 3scale's schedule has no jitter; those of the other formats spread by a tenth. */
const jitterOf = (delivery: DueDelivery): number => (delivery.format === "3scale" ? 0 : 0.1);

const requestOf = (
  settings: DeliverySettings,
  delivery: DueDelivery,
  { mayStart, ...attempt }: Required<Pick<AttemptRequest, "attempt" | "sentAt" | "mayStart">>,
): AttemptRequest => ({
  ...contentOfAttempt({ settings, delivery, body: delivery.body, replay: delivery.replay, ...attempt }),
  timeoutSeconds: settings.timeoutSeconds,
  mayStart,
});

interface Attempt {
  readonly number: number;
  readonly at: Date;
  readonly outcome: AttemptOutcome;
  readonly next: NextStep;
  /** The part of the response's body to store. */
  readonly keptBody: Uint8Array | null;
}

function settlementOf(
  settings: DeliverySettings,
  epoch: number,
  delivery: DueDelivery,
  { number, at, outcome, next, keptBody }: Attempt,
): Settlement {
  const response = outcome.kind === "answered" ? outcome : undefined;
  return {
    endpointId: delivery.endpointId,
    epoch,
    eventId: delivery.eventId,
    orderingKey: delivery.orderingKey,
    number,
    at,
    latencyMs: Math.round(outcome.latencyMs),
    status: response?.status ?? null,
    responseHeaders: response?.headers ?? null,
    responseBody: keptBody,
    error: next.step === "done" ? null : next.error,
    errorClass: errorClassOf(outcome),
    end: next.step === "done" ? "delivered" : next.step === "retry" ? null : "failed",
    retriedAt: next.step === "give-up" ? delivery.retriedAt : null,
    retryAfterSeconds: next.step === "retry" ? next.afterSeconds : null,
    url: next.step === "give-up" || next.step === "disable" ? settings.urlCipher : null,
    settingsId: settings.sentSettingsId,
    trace: outcome.trace ? encodeTrace(outcome.trace, delivery.replay) : null,
  };
}

const countedOf = (
  delivery: DueDelivery,
  settlement: Settlement,
  { sent, received }: { readonly sent: number; readonly received: number },
): CountedAttempt => {
  const { at, number, status, errorClass, end, latencyMs } = settlement;
  return {
    eventType: delivery.context.type,
    atMs: at.getTime(),
    number,
    status,
    errorClass,
    end,
    latencyMs,
    delayMs:
      end === "delivered" && delivery.replay === 0 && delivery.roundStart === 0
        ? delayOf(at.getTime(), latencyMs, parseIsoTime(delivery.context.time).getTime())
        : null,
    bytesSent: status === null ? 0 : sent,
    bytesReceived: received,
  };
};

const logLineOf = (
  settings: DeliverySettings,
  delivery: DueDelivery,
  { number, outcome, next }: Attempt,
): AttemptLine => ({
  eventId: delivery.eventId,
  eventType: delivery.context.type,
  endpointId: delivery.endpointId,
  url: settings.urlMasked,
  attempt: number,
  outcome: outcome.kind,
  status: outcome.kind === "answered" ? outcome.status : undefined,
  tookMs: Math.round(outcome.latencyMs),
  next: next.step,
  afterSeconds: next.step === "retry" ? next.afterSeconds : undefined,
  traceId: delivery.context.trace && traceIdOf(delivery.context.trace),
});

const tracedAttempt = (
  line: AttemptLine,
  request: TraceContext,
  { context, replay }: DueDelivery,
  outcome: AttemptOutcome,
): TracedAttempt => {
  const { queued, dns, connect, tls, firstByte, body } = outcome.trace ?? {};
  return {
    ...line,
    event: context.trace ?? request,
    request,
    replay,
    error: errorClassOf(outcome) ?? undefined,
    latencyMs: outcome.latencyMs,
    phases: { queued, dns, connect, tls, firstByte, body },
  };
};
