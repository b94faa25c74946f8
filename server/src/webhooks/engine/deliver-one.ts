import type { AttemptRequest } from "#webhooks/attempts/index.ts";
import {
  contentTypeOf,
  isBinaryCloudEvent,
  nextStep,
  retryAfterSeconds,
  type AttemptOutcome,
  type DueDelivery,
  type NextStep,
  type Settlement,
} from "#webhooks/deliveries/index.ts";
import type { DeliverySettings } from "#webhooks/endpoints/index.ts";

import type { AttemptLine, EngineNeeds, Sender } from "./engine-needs.ts";

/** One attempt and what it came to. No transaction is open while the receiver takes its time. */
export interface Delivered {
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
export async function deliverOne(
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
