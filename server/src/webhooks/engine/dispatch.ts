import type { Clock } from "#platform/clock.ts";
import type { AttemptRequest } from "#webhooks/attempts/index.ts";
import {
  type AttemptOutcome,
  type DueDelivery,
  type NextStep,
  type Settlement,
  contentTypeOf,
  isBinaryCloudEvent,
  nextStep,
  retryAfterSeconds,
} from "#webhooks/deliveries/index.ts";
import type { DeliverySettings } from "#webhooks/endpoints/index.ts";
import type { Lane } from "./lane.ts";
import type { Lease } from "./lease.ts";
import { ConcurrencyLimits, type Pace, type Slot } from "./limits.ts";
import { SettleQueue, type Settled } from "./settle-queue.ts";
import type { AttemptLine, EngineNeeds, Sender } from "./store.ts";

/** More outcomes than this wait for the database: nothing new is sent, since it could not be recorded. */
const unsettledMax = 5000;
/** With more in flight than this, places that become free are filled together, after a millisecond. */
const togetherMin = 8;
const togetherMs = 1;
/** How long a stop waits for the database to take the last outcomes. What it does not take is sent again. */
const settleMs = 3000;

/** Gives the free places to lanes, one delivery at a time and in turn, so that a full lane waits like an empty one. */
export class Dispatch {
  readonly #needs: EngineNeeds;
  readonly #lease: Lease;
  readonly #onRoom: (lane: Lane) => void;
  readonly #onDoubt: (lane: Lane) => void;
  readonly #onGivenUp: (lane: Lane) => void;
  readonly #places: ConcurrencyLimits;
  readonly #settle: SettleQueue;
  readonly #queues: Readonly<Record<Pace, Lane[]>> = { quick: [], unknown: [], slow: [] };
  #isClosed = false;
  #isRefilling = false;
  #whenIdle: (() => void) | undefined;

  constructor(
    needs: EngineNeeds,
    lease: Lease,
    on: Readonly<Record<"room" | "doubt" | "givenUp", (lane: Lane) => void>>,
  ) {
    this.#needs = needs;
    this.#lease = lease;
    this.#onRoom = on.room;
    this.#onDoubt = on.doubt;
    this.#onGivenUp = on.givenUp;
    this.#places = new ConcurrencyLimits(needs.inFlightMax);
    this.#settle = new SettleQueue(needs);
  }

  get inFlight(): number {
    return this.#places.inFlight;
  }

  /** Sends what the lane has, as places become free. */
  offer(lane: Lane): void {
    const queue = this.#queues[lane.pace];
    if (this.#isClosed || lane.queue === queue || !lane.mayStart(this.#needs.clock.monotonicMs())) return;
    // It has become slow, or quick, since it got into the other queue.
    lane.queue?.splice(lane.queue.indexOf(lane), 1);
    lane.queue = queue;
    queue.push(lane);
  }

  /** Starts as many attempts as there are places, while the lease holds. */
  fill(): void {
    this.#places.moveSlow(this.#needs.clock.monotonicMs());
    // First those of whom nothing is known: they may have a few only, and would find none that is free.
    this.#fillWith("unknown");
    this.#fillWith("quick");
    this.#fillWith("slow");
  }

  /** Forgets who was waiting for a place: their lanes are lost. */
  clear(): void {
    for (const queue of Object.values(this.#queues)) {
      for (const lane of queue) lane.queue = undefined;
      queue.length = 0;
    }
  }

  /** Starts nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.clear();
  }

  /** Waits for the attempts in flight, `ms` at most, and writes what came of them. */
  async drain(ms: number): Promise<void> {
    if (this.#places.inFlight > 0) {
      const giveUp = new AbortController();
      this.#whenIdle = () => giveUp.abort();
      await this.#needs.clock.sleep(ms, giveUp.signal);
    }
    await atMost(this.#needs.clock, settleMs, this.#settle.drain());
  }

  /** Each request that is written alone wakes its receiver, which is a tenth of all work where there are thousands a second. */
  #refill(): void {
    if (this.#places.inFlight < togetherMin) return this.fill();
    if (this.#isRefilling) return;
    this.#isRefilling = true;
    void this.#needs.clock.sleep(togetherMs).then(() => {
      this.#isRefilling = false;
      this.fill();
    });
  }

  #fillWith(pace: Pace): void {
    while (this.#places.hasRoom(pace) && this.#settle.length < unsettledMax) {
      if (!this.#lease.holds) return;
      const lane = this.#queues[pace].shift();
      if (!lane) return;
      lane.queue = undefined;
      if (lane.pace === pace && !lane.origin.hasRoom(pace)) lane.origin.park(lane);
      else {
        if (lane.pace === pace) this.#start(lane);
        this.offer(lane);
      }
    }
  }

  #start(lane: Lane): void {
    const nowMs = this.#needs.clock.monotonicMs();
    const delivery = lane.mayStart(nowMs) ? lane.shift(nowMs) : undefined;
    if (!delivery) return;
    const { origin } = lane;
    const { pace, window } = lane;
    const onLate = (): void => {
      lane.isStalled = true;
      window.narrow();
      origin.late();
      lane.letFollow(delivery);
      this.offer(lane);
    };
    const place = this.#places.take(nowMs, { pace, isFirst: window.pace === "unknown", onLate });
    // Where answers take long, nothing waits for them.
    if (place.isLate) lane.letFollow(delivery);
    lane.inFlight += 1;
    origin.begin(place.isLate);
    const { engineId, mayStart } = this.#lease;
    void makeAttempt(this.#needs, lane.settings, { delivery, epoch: lane.epoch, mayStart }).then((done) => {
      if (!place.isLate) lane.letFollow(delivery);
      origin.end(place.isLate, done.outcome);
      this.#end(lane, place, engineId, done);
      for (const parked of origin.unpark()) this.offer(parked);
      this.#refill();
    });
  }

  #end(lane: Lane, place: Slot, engineId: string, done: Delivered): void {
    const { outcome, settlement, isGone, askedSeconds } = done;
    this.#places.give(place);
    lane.inFlight -= 1;
    const nowMs = this.#needs.clock.monotonicMs();
    lane.learn(outcome, nowMs, askedSeconds);
    lane.failure.learn(settlement.end === "delivered", nowMs);
    if (!place.isLate || lane.inFlight === 0) lane.isStalled = false;
    const { orderingKey, retryAfterSeconds: waitSeconds } = settlement;
    lane.ended(settlement, settlement.end !== null, nowMs);
    const settled = (result: Settled): void => {
      lane.settled(settlement, this.#needs.clock.monotonicMs());
      if (result === "doubtful") this.#onDoubt(lane);
      if (result === "given up") this.#onGivenUp(lane);
      if (waitSeconds !== null) this.#lookAgain(lane, waitSeconds);
      else if (orderingKey !== null) this.#goOn(lane, orderingKey);
    };
    if (isGone) this.#disable(lane, "The receiver answered 410: it is gone for good.");
    else if (!lane.settings.isDefault && lane.failure.lastsFor(this.#needs.disableAfterMs, nowMs))
      this.#disable(lane, `No attempt has succeeded for ${daysOf(this.#needs.disableAfterMs)}.`);
    this.#settle.add({ engineId, settlement, settled });
    this.offer(lane);
    this.#onRoom(lane);
    if (this.#places.inFlight === 0) this.#whenIdle?.();
  }

  /** What is due there is held from now on, and in the database as soon as it can be told. */
  #disable(lane: Lane, reason: string): void {
    lane.switchOff();
    lane.failure.forget();
    this.#needs.store.disableEndpoint(lane.endpointId, reason).catch((error: unknown) => {
      this.#needs.log.warn({ error, endpointId: lane.endpointId }, "an endpoint could not be disabled");
    });
  }

  /** An ordered delivery is recorded as ended: the next of its key may be at hand, or has become due in the database. */
  #goOn(lane: Lane, orderingKey: string): void {
    if (!lane.isRunning(orderingKey)) lane.looks.now();
    this.#onRoom(lane);
    if (lane.queue) return;
    this.offer(lane);
    if (lane.queue) this.#refill();
  }

  #lookAgain(lane: Lane, afterSeconds: number): void {
    lane.looks.by(this.#needs.clock.monotonicMs() + afterSeconds * 1000);
  }
}

function daysOf(ms: number): string {
  const days = Math.round(ms / 86_400_000);
  return days === 1 ? "a day" : `${days} days`;
}

/** One attempt and what it came to. No transaction is open while the receiver takes its time. */
interface Delivered {
  readonly outcome: AttemptOutcome;
  readonly settlement: Settlement;
  /** The receiver says that it is gone: nothing more is to be sent there. */
  readonly isGone: boolean;
  /** How long the receiver asks to be left alone. */
  readonly askedSeconds: number;
}

export interface ToDeliver {
  readonly delivery: DueDelivery;
  readonly epoch: number;
  /** Whether it is still this engine's to send, when a connection is there. */
  readonly mayStart: () => boolean;
}

/** The whole life of one attempt: send, read the outcome, decide what comes next. */
async function makeAttempt(
  { sender, clock, chance, log }: Pick<EngineNeeds, "sender" | "clock" | "chance" | "log">,
  settings: DeliverySettings,
  { delivery, epoch, mayStart }: ToDeliver,
): Promise<Delivered> {
  const at = clock.now();
  const attempt = delivery.attemptsMade + 1;
  const outcome = await send(sender, requestOf(settings, delivery, { attempt, sentAt: at, mayStart }));
  const policy = {
    success: settings.success,
    waitsSeconds: settings.retryWaitsSeconds,
    jitter: jitterOf(delivery),
    believesGone: !settings.isDefault,
  };
  const now = clock.now();
  const next = nextStep(outcome, attempt - delivery.roundStart, policy, { chance: chance(), now });
  const made = { number: attempt, at, outcome, next };
  log.attempt(lineOf(settings, delivery, made));
  return {
    outcome,
    settlement: settlementOf(settings, epoch, delivery, made),
    isGone: next.step === "disable",
    askedSeconds: retryAfterSeconds(outcome, now) ?? 0,
  };
}

/** A mistake of ours counts as a failed attempt: thrown further, the delivery would be tried for ever, at once. */
async function send(sender: Sender, request: AttemptRequest): Promise<AttemptOutcome> {
  try {
    return await sender.send(request);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return {
      kind: "unreachable",
      code: "internal",
      reason: `Bellwire could not make the request: ${what}`,
      latencyMs: 0,
    };
  }
}

/** 3scale's schedule is kept to the second; the longer ones of the other formats spread by a tenth. */
const jitterOf = (delivery: DueDelivery): number => (delivery.format === "3scale" ? 0 : 0.1);

const requestOf = (
  settings: DeliverySettings,
  delivery: DueDelivery,
  { attempt, sentAt, mayStart }: Required<Pick<AttemptRequest, "attempt" | "sentAt" | "mayStart">>,
): AttemptRequest => ({
  url: settings.url,
  headers: settings.headers,
  secrets: settings.secrets,
  timeoutSeconds: settings.timeoutSeconds,
  contentType: contentTypeOf(delivery.format),
  body: Buffer.from(delivery.body),
  id: delivery.eventId,
  attempt,
  replay: delivery.replay,
  sentAt,
  mayStart,
  ...(isBinaryCloudEvent(delivery.format) ? { cloudEventSource: settings.eventSource } : {}),
  event: delivery.context,
});

interface AttemptMade {
  readonly number: number;
  readonly at: Date;
  readonly outcome: AttemptOutcome;
  readonly next: NextStep;
}

function settlementOf(settings: DeliverySettings, epoch: number, delivery: DueDelivery, made: AttemptMade): Settlement {
  const answer = made.outcome.kind === "answered" ? made.outcome : undefined;
  const { next } = made;
  return {
    endpointId: delivery.endpointId,
    epoch,
    eventId: delivery.eventId,
    orderingKey: delivery.orderingKey,
    number: made.number,
    at: made.at,
    latencyMs: Math.round(made.outcome.latencyMs),
    status: answer?.status ?? null,
    responseHeaders: answer?.headers ?? null,
    responseBody: answer?.body ?? null,
    error: next.step === "done" ? null : next.error,
    end: next.step === "done" ? "delivered" : next.step === "retry" ? null : "failed",
    retryAfterSeconds: next.step === "retry" ? next.afterSeconds : null,
    url: next.step === "give-up" || next.step === "disable" ? settings.urlCipher : null,
  };
}

const lineOf = (
  settings: DeliverySettings,
  delivery: DueDelivery,
  { number, outcome, next }: AttemptMade,
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
});

/** Waits for something to settle, but not longer than `ms`. What it rejects with is given to `onError`. */
export async function atMost(
  clock: Clock,
  ms: number,
  work: Promise<unknown>,
  onError: (error: unknown) => void = () => undefined,
): Promise<void> {
  const done = new AbortController();
  const settled = work.catch(onError).finally(() => done.abort());
  await Promise.race([settled, clock.sleep(ms, done.signal)]);
}
