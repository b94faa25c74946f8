import { hash } from "node:crypto";
import type { Registry } from "prom-client";
import type { Config } from "../config/read-config.ts";

/** The place of an event or a request in a trace, as headers of W3C Trace Context. */
export interface TraceContext {
  /** Version `00`, trace id, span id and flags. */
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** The part of `traceparent` before the span id, and its length: `00-`, 32 digits and a dash. */
const spanIdAt = 36;
const spanIdLength = 16;

export const traceIdOf = ({ traceparent }: TraceContext): string => traceparent.slice(3, spanIdAt - 1);

/** Returns whether the trace is recorded. Contexts of events have no other flag. */
export const isRecorded = ({ traceparent }: TraceContext): boolean => traceparent.endsWith("-01");

/**
 * Returns the context of a request that an event causes. Its span id is a digest of `seed`, so that the request can be rendered
 * again with the same bytes. A trace that is not recorded has no span here, so its context is passed on.
 */
export function contextOfRequest(event: TraceContext, seed: string): TraceContext {
  if (!isRecorded(event)) return event;
  const { traceparent } = event;
  const spanId = hash("sha256", seed, "hex").slice(0, spanIdLength);
  return {
    ...event,
    traceparent: traceparent.slice(0, spanIdAt) + spanId + traceparent.slice(spanIdAt + spanIdLength),
  };
}

/** A request to Bellwire. */
export interface TracedRequest {
  readonly method: string;
  /** The pattern of its path. Paths themselves may contain secrets, such as codes of mailed links. */
  readonly route: string | undefined;
  readonly scheme: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface RequestSpan {
  readonly traceId: string;
  /** The provider is known once its host is found. */
  providerFound(providerId: number): void;
  end(status: number): void;
}

/** The spans of the events that a transaction records. */
export interface TransactionTrace {
  /**
   * Begins the span of an event. Returns the context that the event's deliveries carry. If the request is not recorded, that is
   * its caller's context, if there is one.
   */
  eventRecorded(event: { readonly id: string; readonly type: string }): TraceContext | undefined;
  /** Ends the spans. After a rollback they are never sent. */
  committed(): void;
}

/**
 * Begins the span of one round trip to the database, with the texts of its statements. Returns a function that ends it, with an error
 * if there was one.
 */
export type DatabaseTrace = (statements: readonly string[], database: string) => (error?: unknown) => void;

/** One request to a receiver. */
export interface TracedAttempt {
  /** The context that the event carries. */
  readonly event: TraceContext;
  /** The context that the request carried. */
  readonly request: TraceContext;
  readonly eventId: string;
  readonly eventType: string;
  readonly endpointId: number;
  /** With its secrets masked. */
  readonly url: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly replay: number;
  /** The kind of the result, such as `answered`. */
  readonly outcome: string;
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** The next step of the delivery. */
  readonly next: string;
  readonly latencyMs: number;
  /** In microseconds, by name. */
  readonly phases: Readonly<Record<string, number | undefined>>;
}

/** Records spans. Nothing here waits or throws: a collector that does not respond costs spans only. */
export interface Tracing {
  beginRequest(request: TracedRequest): RequestSpan;
  /** Runs `work` so that the transactions it starts belong to the request. */
  runInRequest(request: RequestSpan, work: () => void): void;
  /** Undefined outside of requests. */
  beginTransaction(): TransactionTrace | undefined;
  /** For work with the database that begins now. Undefined outside of recorded requests. */
  traceDatabase(): DatabaseTrace | undefined;
  /** Call it for recorded traces only. */
  recordAttempt(attempt: TracedAttempt): void;
}

export type Signal = "traces" | "metrics";

export type TelemetryConfig = Config["telemetry"];

export interface TelemetryNeeds {
  readonly config: TelemetryConfig;
  readonly version: string;
  /** The metrics of this process, which are also pushed. */
  readonly metrics: Registry;
  /** Counts spans or pushes that were sent, or dropped because the collector did not accept them. */
  readonly count: (signal: Signal, result: "sent" | "dropped", items: number) => void;
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

export interface Telemetry extends AsyncDisposable {
  /** Undefined if no traces are exported. */
  readonly tracing: Tracing | undefined;
}

/** Returns whether telemetry is pushed to a collector. */
export const hasCollector = ({ endpoint, isDisabled }: TelemetryConfig): boolean =>
  endpoint !== undefined && !isDisabled;

/** Loads OpenTelemetry and starts to push telemetry. Closing it sends what waits, for at most a second. */
export async function openTelemetry(needs: TelemetryNeeds): Promise<Telemetry> {
  const { startTelemetry } = await import("./open-telemetry.ts");
  return startTelemetry(needs);
}
