import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { TraceState, parseTraceParent } from "@opentelemetry/core";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import type { Clock } from "../clock.ts";
import { errorCode } from "../errors.ts";
import type {
  DatabaseTrace,
  RequestSpan,
  TelemetryConfig,
  TraceContext,
  TracedAttempt,
  TracedRequest,
  Tracing,
  TransactionTrace,
} from "./tracing.ts";

/** Random ids, except for the span of an attempt, whose id its request has already carried. */
export class SpanIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  next: string | undefined;

  generateTraceId(): string {
    return this.#random.generateTraceId();
  }

  generateSpanId(): string {
    const id = this.next ?? this.#random.generateSpanId();
    this.next = undefined;
    return id;
  }
}

type SamplerConfig = Pick<TelemetryConfig, "sampler" | "sampledShare" | "tracesPerSecond">;

/** Creates the configured sampler of OpenTelemetry, within a budget of requests per second. */
export function createSampler(
  { sampler: name, sampledShare, tracesPerSecond }: SamplerConfig,
  clock: Pick<Clock, "monotonicMs">,
): Sampler {
  const kind = name.replace("parentbased_", "");
  const root =
    kind === "always_on"
      ? new AlwaysOnSampler()
      : kind === "always_off"
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(sampledShare);
  const sampler = kind === name ? root : new ParentBasedSampler({ root });
  return new BudgetSampler(sampler, tracesPerSecond, clock);
}

/**
 * Records at most so many requests per second, changes and reads apart: anyone may ask for a trace with `traceparent`, and many
 * reads should not hide a change. Spans below a request follow its decision.
 */
class BudgetSampler implements Sampler {
  readonly #sampler: Sampler;
  readonly #changes: TokenBucket;
  readonly #reads: TokenBucket;

  constructor(sampler: Sampler, perSecond: number, clock: Pick<Clock, "monotonicMs">) {
    this.#sampler = sampler;
    this.#changes = new TokenBucket(perSecond, clock);
    this.#reads = new TokenBucket(perSecond, clock);
  }

  shouldSample(...args: Parameters<Sampler["shouldSample"]>): SamplingResult {
    const result = this.#sampler.shouldSample(...args);
    const [, , , kind, attributes] = args;
    if (kind !== SpanKind.SERVER || result.decision !== SamplingDecision.RECORD_AND_SAMPLED) return result;
    const method = attributes["http.request.method"];
    const bucket = method === "GET" || method === "HEAD" ? this.#reads : this.#changes;
    return bucket.take() ? result : { decision: SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `Budget{${this.#sampler.toString()}}`;
  }
}

/** Holds the tokens of one second. */
class TokenBucket {
  readonly #perSecond: number;
  readonly #clock: Pick<Clock, "monotonicMs">;
  #tokens: number;
  #filledAtMs: number;

  constructor(perSecond: number, clock: Pick<Clock, "monotonicMs">) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#tokens = perSecond;
    this.#filledAtMs = clock.monotonicMs();
  }

  take(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const added = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + added);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

interface OpenRequest {
  readonly span: Span;
  /** From the request's headers. */
  readonly caller: SpanContext | undefined;
}

export function createTracing(tracer: Tracer, ids: SpanIds, clock: Pick<Clock, "now">): Tracing {
  const current = new AsyncLocalStorage<OpenRequest>();
  const open = new WeakMap<RequestSpan, OpenRequest>();
  return {
    beginRequest(request) {
      const caller = callerOf(request);
      const span = startRequest(tracer, request, caller);
      const requestSpan = representRequest(span);
      open.set(requestSpan, { span, caller });
      return requestSpan;
    },
    runInRequest(request, work) {
      const found = open.get(request);
      if (found) current.run(found, work);
      else work();
    },
    beginTransaction() {
      const request = current.getStore();
      return request && beginTransaction(tracer, request);
    },
    traceDatabase() {
      const request = current.getStore()?.span;
      return request?.isRecording() ? createDatabaseTrace(tracer, below(request.spanContext())) : undefined;
    },
    recordAttempt(attempt) {
      const parent = contextOf(attempt.event);
      if (parent) recordAttempt(tracer, ids, { attempt, parent }, clock);
    },
  };
}

/** Parses a context. Returns undefined if it is invalid, as W3C Trace Context demands: then a new trace begins. */
function contextOf({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const parsed = parseTraceParent(traceparent);
  if (!parsed) return undefined;
  const traceState = tracestate === undefined ? undefined : new TraceState(tracestate);
  return { ...parsed, isRemote: true, ...(traceState ? { traceState } : {}) };
}

const below = (parent: SpanContext | undefined): Context =>
  parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;

/** Returns the context for headers. Only the flag "sampled" is passed on. */
function headersOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const tracestate = traceState?.serialize() ?? "";
  return {
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`,
    ...(tracestate === "" ? {} : { tracestate }),
  };
}

function callerOf({ headers: { traceparent, tracestate } }: TracedRequest): SpanContext | undefined {
  if (typeof traceparent !== "string") return undefined;
  return contextOf({ traceparent, ...(tracestate === undefined ? {} : { tracestate: String(tracestate) }) });
}

/** Begins the span of a request (semantic conventions of HTTP servers), in its caller's trace if there is one. */
function startRequest(
  tracer: Tracer,
  { method, route, scheme, host }: TracedRequest,
  caller: SpanContext | undefined,
): Span {
  const attributes: Attributes = {
    "http.request.method": method,
    "url.scheme": scheme,
    "server.address": host,
  };
  if (route !== undefined) Object.assign(attributes, { "http.route": route, "url.path": route });
  const name = route === undefined ? method : `${method} ${route}`;
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, below(caller));
}

const representRequest = (span: Span): RequestSpan => ({
  traceId: span.spanContext().traceId,
  providerFound(providerId) {
    span.setAttribute("bellwire.provider.id", providerId);
  },
  end(status) {
    span.setAttribute("http.response.status_code", status);
    if (status >= 500) fail(span, String(status));
    span.end();
  },
});

function fail(span: Span, type: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Begins the spans of events below the request's (semantic conventions of messaging). Unrecorded requests have none. */
function beginTransaction(tracer: Tracer, { span: request, caller }: OpenRequest): TransactionTrace {
  const context = below(request.spanContext());
  const events: Span[] = [];
  return {
    eventRecorded({ id, type }) {
      if (!request.isRecording()) return caller && headersOf({ ...caller, traceFlags: TraceFlags.NONE });
      const attributes = { ...messagingAttributes("create", id), "bellwire.event.type": type };
      const span = tracer.startSpan(`create ${type}`, { kind: SpanKind.PRODUCER, attributes }, context);
      events.push(span);
      return headersOf(span.spanContext());
    },
    committed() {
      for (const span of events) span.end();
    },
  };
}

/** Names the statements of a round trip in a span's name, and shows their text, at most so many characters. */
const [summaryMax, queryTextMax] = [200, 4000];

/** Records round trips (semantic conventions of PostgreSQL clients). Texts have parameters in the place of values. */
const createDatabaseTrace =
  (tracer: Tracer, context: Context): DatabaseTrace =>
  (statements, database) => {
    const summary = statements.map(summarize).join("; ").slice(0, summaryMax);
    const attributes: Attributes = {
      "db.system.name": "postgresql",
      "db.namespace": database,
      "db.query.summary": summary,
      "db.query.text": statements.join("; ").slice(0, queryTextMax),
      ...(statements.length > 1 && { "db.operation.batch.size": statements.length }),
    };
    const span = tracer.startSpan(summary, { kind: SpanKind.CLIENT, attributes }, context);
    return (error) => {
      if (error !== undefined) {
        const code = errorCode(error);
        if (code !== undefined) span.setAttribute("db.response.status_code", code);
        fail(span, code ?? "_OTHER");
      }
      span.end();
    };
  };

/** Returns the operation and the first table of a statement: `insert events`. */
function summarize(text: string): string {
  const [operation = "statement"] =
    /\b(?:select|insert|update|delete|begin|commit|rollback|set|lock)\b/i.exec(text) ?? [];
  const [, table] = /\b(?:from|into|update|join)\s+(?:only\s+)?([a-z_][\w.]*)/i.exec(text) ?? [];
  return table === undefined ? operation.toLowerCase() : `${operation.toLowerCase()} ${table}`;
}

const messagingAttributes = (operation: "create" | "send", eventId: string): Attributes => ({
  "messaging.system": "bellwire",
  "messaging.operation.name": operation,
  "messaging.operation.type": operation,
  "messaging.message.id": eventId,
});

interface AttemptBelow {
  readonly attempt: TracedAttempt;
  readonly parent: SpanContext;
}

/** Records a finished request to a receiver (semantic conventions of HTTP clients), with the span id that it carried. */
function recordAttempt(
  tracer: Tracer,
  ids: SpanIds,
  { attempt, parent }: AttemptBelow,
  clock: Pick<Clock, "now">,
): void {
  const endedMs = clock.now().getTime();
  const { url, status, error, latencyMs } = attempt;
  const { hostname, port, protocol } = URL.parse(url) ?? { hostname: "", port: "", protocol: "" };
  const attributes: Attributes = {
    ...messagingAttributes("send", attempt.eventId),
    "http.request.method": "POST",
    "url.full": url,
    "server.address": hostname,
    "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
    "bellwire.event.type": attempt.eventType,
    "bellwire.endpoint.id": attempt.endpointId,
    "bellwire.attempt.outcome": attempt.outcome,
    "bellwire.attempt.next": attempt.next,
  };
  if (status !== undefined) attributes["http.response.status_code"] = status;
  if (attempt.attempt > 1) attributes["http.request.resend_count"] = attempt.attempt - 1;
  if (attempt.replay > 0) attributes["bellwire.replay"] = attempt.replay;
  for (const [phase, microseconds] of Object.entries(attempt.phases)) {
    if (microseconds !== undefined) attributes[`bellwire.attempt.${phase}_us`] = microseconds;
  }
  ids.next = parseTraceParent(attempt.request.traceparent)?.spanId;
  const startTime = endedMs - latencyMs;
  const span = tracer.startSpan("POST", { kind: SpanKind.CLIENT, attributes, startTime }, below(parent));
  if (status === undefined || status >= 400) fail(span, error ?? String(status ?? attempt.outcome));
  span.end(endedMs);
}
