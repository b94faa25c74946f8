import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { SpanKind, ROOT_CONTEXT } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { SpanIds, createSampler, createTracing } from "./spans.ts";
import {
  type TracedAttempt,
  type TracedRequest,
  type Tracing,
  contextOfRequest,
  isRecorded,
  traceIdOf,
} from "./tracing.ts";

const callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const caller = `00-${callersTrace}-00f067aa0ba902b7-01`;

function openTracing(): { readonly tracing: Tracing; readonly exporter: InMemorySpanExporter } {
  const exporter = new InMemorySpanExporter();
  const ids = new SpanIds();
  const provider = new TracerProvider({
    idGenerator: ids,
    sampler: createSampler(
      { sampler: "parentbased_always_on", sampledShare: 1, tracesPerSecond: 10 },
      { monotonicMs: () => 0 },
    ),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  return {
    tracing: createTracing(provider.getTracer("test"), ids, { now: () => new Date(1_770_000_005_000) }),
    exporter,
  };
}

const requestWith = (headers: TracedRequest["headers"], method = "POST"): TracedRequest => ({
  method,
  route: "/signup",
  scheme: "https",
  host: "acme.example",
  headers,
});

const event = { id: "0199-event", type: "account.created" };

test("an event continues the trace of its request's caller and keeps its tracestate", () => {
  const { tracing, exporter } = openTracing();
  const request = tracing.beginRequest(requestWith({ traceparent: caller, tracestate: "vendor=1,other=2" }));
  tracing.runInRequest(request, () => {
    const transaction = tracing.beginTransaction();
    const context = transaction?.eventRecorded(event);
    expect(context && traceIdOf(context)).toBe(callersTrace);
    expect(context).toMatchObject({ tracestate: "vendor=1,other=2" });
    transaction?.committed();
  });
  request.end(303);
  const [created, served] = exporter.getFinishedSpans();
  expect(created?.parentSpanContext?.spanId).toBe(served?.spanContext().spanId);
  expect(served?.parentSpanContext?.spanId).toBe("00f067aa0ba902b7");
  expect(served?.attributes).toEqual({
    "http.request.method": "POST",
    "http.response.status_code": 303,
    "http.route": "/signup",
    "server.address": "acme.example",
    "url.path": "/signup",
    "url.scheme": "https",
  });
});

test.each([
  ["no traceparent", {}],
  ["an invalid traceparent", { traceparent: "00-4bf92f35-1-01" }],
  ["a trace id of zeros", { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }],
  ["two traceparent headers", { traceparent: [caller, caller] }],
])("a request with %s starts a new trace", (_, headers) => {
  const { tracing } = openTracing();
  const { traceId } = tracing.beginRequest(requestWith(headers));
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(traceId).not.toBe(callersTrace);
});

test("a rolled-back transaction leaves no span for its events", () => {
  const { tracing, exporter } = openTracing();
  const request = tracing.beginRequest(requestWith({}));
  tracing.runInRequest(request, () => void tracing.beginTransaction()?.eventRecorded(event));
  request.end(503);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["POST /signup"]);
});

test("transactions and statements outside a request are not traced", () => {
  const { tracing } = openTracing();
  expect([tracing.beginTransaction(), tracing.traceDatabase()]).toEqual([undefined, undefined]);
});

test("a recorded request has a span per round trip to the database, named by its statements", () => {
  const { tracing, exporter } = openTracing();
  const request = tracing.beginRequest(requestWith({}));
  tracing.runInRequest(request, () => {
    const trace = tracing.traceDatabase();
    trace?.(["begin", "insert into events (id) values ($1)", "update only lanes set due = $1"], "bellwire")();
    trace?.(["select 1 from accounts where id = $1"], "bellwire")(Object.assign(new Error(), { code: "57014" }));
  });
  request.end(303);
  const [batch, failed, served] = exporter.getFinishedSpans();
  expect(batch?.attributes).toEqual({
    "db.system.name": "postgresql",
    "db.namespace": "bellwire",
    "db.operation.batch.size": 3,
    "db.query.summary": "begin; insert events; update lanes",
    "db.query.text": "begin; insert into events (id) values ($1); update only lanes set due = $1",
  });
  expect([batch?.name, batch?.kind]).toEqual(["begin; insert events; update lanes", SpanKind.CLIENT]);
  expect(batch?.parentSpanContext?.spanId).toBe(served?.spanContext().spanId);
  expect([failed?.name, failed?.attributes["db.response.status_code"], failed?.attributes["error.type"]]).toEqual([
    "select accounts",
    "57014",
    "57014",
  ]);
});

test("an unsampled request has no database spans", () => {
  const { tracing } = openTracing();
  const unsampled = `00-${callersTrace}-00f067aa0ba902b7-00`;
  const request = tracing.beginRequest(requestWith({ traceparent: unsampled }));
  tracing.runInRequest(request, () => expect(tracing.traceDatabase()).toBeUndefined());
});

test("requests beyond the budget propagate the caller's context unsampled and create no spans", () => {
  const { tracing, exporter } = openTracing();
  const sampled = Array.from({ length: 30 }, () => {
    const request = tracing.beginRequest(requestWith({ traceparent: caller }));
    let context: string | undefined;
    tracing.runInRequest(request, () => (context = tracing.beginTransaction()?.eventRecorded(event)?.traceparent));
    request.end(201);
    return context;
  });
  expect(sampled.filter((context) => context?.endsWith("-01"))).toHaveLength(10);
  expect(sampled.filter((context) => context === caller.replace(/01$/, "00"))).toHaveLength(20);
  expect(exporter.getFinishedSpans()).toHaveLength(10);
  const request = tracing.beginRequest(requestWith({}));
  tracing.runInRequest(request, () => expect(tracing.beginTransaction()?.eventRecorded(event)).toBeUndefined());
});

test("reads and changes have separate budgets, and the budget of changes refills within a second", () => {
  let nowMs = 0;
  const sampler = createSampler(
    { sampler: "always_on", sampledShare: 1, tracesPerSecond: 5 },
    { monotonicMs: () => nowMs },
  );
  const take = (method: string): number =>
    Array.from({ length: 20 }, () =>
      sampler.shouldSample(ROOT_CONTEXT, callersTrace, "x", SpanKind.SERVER, { "http.request.method": method }, []),
    ).filter(({ decision }) => decision === new AlwaysOnSampler().shouldSample().decision).length;
  expect([take("GET"), take("POST"), take("POST")]).toEqual([5, 5, 0]);
  nowMs = 1000;
  expect(take("POST")).toBe(5);
});

const attempt: Omit<TracedAttempt, "event" | "request"> = {
  eventId: "0199-event",
  eventType: "account.created",
  endpointId: 3,
  url: "https://…@receiver.example/hooks?key=…",
  attempt: 2,
  replay: 0,
  outcome: "answered",
  status: 503,
  error: undefined,
  next: "retry",
  latencyMs: 40,
  phases: { queued: 10, dns: undefined, firstByte: 39_000 },
};

test("an attempt's span has the span id of its request, its times and its result", () => {
  const { tracing, exporter } = openTracing();
  const context = { traceparent: caller };
  const request = contextOfRequest(context, "event.3.2.0");
  expect(request.traceparent).toMatch(new RegExp(`^00-${callersTrace}-[0-9a-f]{16}-01$`));
  expect(contextOfRequest(context, "event.4.2.0")).not.toEqual(request);
  expect(contextOfRequest(context, "event.3.2.0")).toEqual(request);
  tracing.recordAttempt({ ...attempt, event: context, request });
  const [span] = exporter.getFinishedSpans();
  expect(span?.spanContext().spanId).toBe(request.traceparent.slice(36, 52));
  expect([span?.startTime, span?.endTime]).toEqual([
    [1_770_000_004, 960_000_000],
    [1_770_000_005, 0],
  ]);
  expect(span?.attributes).toMatchObject({
    "url.full": "https://…@receiver.example/hooks?key=…",
    "server.address": "receiver.example",
    "server.port": 443,
    "http.response.status_code": 503,
    "http.request.resend_count": 1,
    "error.type": "503",
    "bellwire.attempt.firstByte_us": 39_000,
  });
});

test("an attempt of an unsampled trace propagates the caller's context", () => {
  const context = { traceparent: caller.replace(/01$/, "00"), tracestate: "vendor=1" };
  expect(contextOfRequest(context, "event.3.2.0")).toEqual(context);
  expect(isRecorded(context)).toBe(false);
});
