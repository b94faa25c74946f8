import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type BellwireApi, sendRequest, itemsAt, valueAt } from "../chaos/api-client.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { type CollectedSpan, startCollector } from "../support/otlp-collector.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { type BellwireProcess, serve } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const timeout = 120_000;
const token = "a-token-that-the-test-knows";
const password = "correct horse battery staple";
const own = { BELLWIRE_ENGINE_PROCESS: "own", BELLWIRE_ACCESS_TOKEN: token, BELLWIRE_TRY_OUT: "off" };

/** Subscribes the receiver, with a secret in its URL, to all events. */
async function follow(serving: BellwireProcess, receiver: Receiver): Promise<BellwireApi> {
  const api = { url: await serving.ready(), token };
  const endpoint = {
    name: "billing",
    url: `${receiver.url}?key=not-to-be-seen`,
    format: "json",
    event_types: ["*"],
    provider_actions: true,
    retry_waits_seconds: [0],
  };
  expect(await sendRequest(api, "POST", "/api/v1/endpoints", endpoint)).toMatchObject({ status: 201 });
  return api;
}

interface RequestOptions {
  readonly method?: string;
  readonly body?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

async function request(
  api: BellwireApi,
  path: string,
  { method = "POST", body, headers }: RequestOptions,
): Promise<Response> {
  return fetch(`${api.url}${path}`, {
    method,
    redirect: "manual",
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body ? { body: new URLSearchParams(body) } : {}),
  });
}

const signUpOf = (name: string) => ({
  org_name: name,
  username: name,
  email: `${name}@personal.example`,
  password,
  password_confirmation: password,
});

/** Signs up as a visitor of the Developer Portal. */
async function signUpOnThePortal(api: BellwireApi, name: string, headers: Readonly<Record<string, string>>) {
  const page = await fetch(`${api.url}/signup`);
  const cookie = page.headers.getSetCookie().map((each) => each.split(";", 1)[0] ?? "");
  const hidden = (await page.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  const body = {
    ...Object.fromEntries([...hidden].map(([, key = "", value = ""]) => [key, value])),
    ...signUpOf(name),
  };
  return fetch(`${api.url}/signup`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie: cookie.join("; "), origin: api.url, ...headers },
    body: new URLSearchParams(body),
  });
}

const traceIdOf = (digit: string): string => digit.repeat(32);
const callerSpanId = "00f067aa0ba902b7";
const traceparent = (digit: string, flags = "01"): Record<string, string> => ({
  traceparent: `00-${traceIdOf(digit)}-${callerSpanId}-${flags}`,
});

const isOfDatabase = ({ attributes }: CollectedSpan): boolean => attributes.has("db.system.name");

/** Returns the spans of a trace, without those of the database. */
const spansOf = (spans: readonly CollectedSpan[], traceId: string): readonly CollectedSpan[] =>
  spans.filter((span) => span.traceId === traceId && !isOfDatabase(span));

test.concurrent(
  "each change is one trace from its form or API request through its events to the webhook requests",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    await using receiver = await startReceiver();
    await using collector = await startCollector();
    await using serving = serve(folder.path, {
      ...own,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20for-the-collector",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      OTEL_METRIC_EXPORT_INTERVAL: "300",
    });
    const api = await follow(serving, receiver);

    const form = await signUpOnThePortal(api, "form", { ...traceparent("a"), tracestate: "vendor=of-the-visitor" });
    expect(form.status).toBe(303);
    const program = await request(api, "/admin/api/signup.json", {
      body: signUpOf("program"),
      headers: traceparent("b"),
    });
    const accountId = valueAt(await program.json(), "account", "id");
    const changed = await request(api, `/api/v1/accounts/${String(accountId)}/suspend`, { headers: traceparent("c") });
    expect(changed.status).toBe(204);
    const unsampled = await request(api, "/admin/api/signup.json", {
      body: signUpOf("unsampled"),
      headers: traceparent("d", "00"),
    });
    expect(unsampled.status).toBe(201);

    const requestsOf = (digit: string) =>
      receiver.received.filter(({ headers }) => headers["traceparent"]?.includes(traceIdOf(digit)));
    await until(() => ["a", "b", "c", "d"].every((digit) => requestsOf(digit).length > 0));
    const isComplete = (digit: string): boolean => {
      const kinds = spansOf(collector.spans, traceIdOf(digit)).map(({ kind }) => kind);
      return kinds.includes(2) && kinds.filter((kind) => kind === 3).length === requestsOf(digit).length;
    };
    await until(() => ["a", "b", "c"].every(isComplete));
    for (const [digit, name] of [
      ["a", "POST /signup"],
      ["b", "POST /admin/api/signup.:extension"],
      ["c", "POST /api/v1/accounts/:id/suspend"],
    ] as const) {
      const spans = spansOf(collector.spans, traceIdOf(digit));
      const server = spans.find(({ kind }) => kind === 2);
      expect(server?.parentSpanId).toBe(callerSpanId);
      expect(server?.name).toBe(name);
      const queries = collector.spans.filter((span) => span.parentSpanId === server?.spanId && isOfDatabase(span));
      expect(queries.map(({ kind }) => kind)).toEqual(queries.map(() => 3));
      expect(queries.map((query) => query.name).join("; ")).toMatch(/insert events; .*commit/);
      const recording = queries.find((query) => query.name.includes("insert events"));
      expect(String(recording?.attributes.get("db.query.text"))).toMatch(/insert into events[\s\S]*\(\$1, \$2/);
      const events = spans.filter(({ kind }) => kind === 4);
      expect(new Set(events.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([server?.spanId]));
      for (const sent of requestsOf(digit)) {
        const [, , spanId] = String(sent.headers["traceparent"]).split("-");
        const attempt = spans.find((span) => span.spanId === spanId);
        const event = events.find((span) => span.spanId === attempt?.parentSpanId);
        expect(event?.attributes.get("messaging.message.id")).toBe(sent.headers["webhook-id"]);
        expect(Object.fromEntries(attempt?.attributes ?? [])).toMatchObject({
          "messaging.message.id": sent.headers["webhook-id"],
          "http.request.method": "POST",
          "http.response.status_code": 200,
          "server.address": "127.0.0.1",
        });
        expect(attempt?.resource.get("service.instance.id")).not.toBe(server?.resource.get("service.instance.id"));
        expect(attempt?.resource.get("deployment.environment.name")).toBe("test");
        expect(attempt?.startMs).toBeLessThanOrEqual(attempt?.endMs ?? 0);
      }
    }
    expect(requestsOf("a")[0]?.headers["tracestate"]).toBe("vendor=of-the-visitor");
    expect(spansOf(collector.spans, traceIdOf("d"))).toEqual([]);
    expect(requestsOf("d")[0]?.headers["traceparent"]).toBe(traceparent("d", "00")["traceparent"]);

    // Pages and APIs show the request as it was sent.
    const { body } = await sendRequest(api, "GET", "/api/v1/deliveries");
    for (const delivery of itemsAt(body, "data")) {
      const id = String(valueAt(delivery, "id"));
      const shown = await sendRequest(api, "GET", `/api/v1/deliveries/${id}/attempts/1/request`);
      const headers = itemsAt(shown.body, "headers").map((each) => [valueAt(each, "name"), valueAt(each, "value")]);
      const sent = receiver.received.find(({ headers: of }) => id.startsWith(String(of["webhook-id"])));
      expect(Object.fromEntries(headers)["traceparent"]).toBe(sent?.headers["traceparent"]);
    }

    await until(() =>
      ["bellwire_attempts_total", "bellwire_http_request_duration_seconds"].every((name) =>
        collector.metrics.some((metric) => metric.name === name && metric.points.length > 0),
      ),
    );
    const attempts = collector.metrics.findLast(({ name }) => name === "bellwire_attempts_total")?.points[0];
    expect(Object.fromEntries(attempts?.attributes ?? [])).toEqual({ outcome: "answered", next: "done" });
    expect(collector.authorization).toEqual(new Set(["Bearer for-the-collector"]));

    const everything = JSON.stringify(collector.spans.map((span) => [span.name, ...span.attributes]));
    for (const secret of ["not-to-be-seen", "personal.example", password, token]) {
      expect(everything).not.toContain(secret);
    }
    expect(await serving.stop()).toBe(0);
  },
);

/** Writes the URLs of OpenTelemetry's modules that a process loads to a file, one per line. */
const noteModules = (file: string): string =>
  `--import=data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from "node:module";
    import { appendFileSync } from "node:fs";
    registerHooks({ load(url, context, next) {
      // prom-client loads the interfaces for exemplars.
      if (/@opentelemetry\\/(?!api\\/)/.test(url)) appendFileSync(${JSON.stringify(file)}, url + "\\n");
      return next(url, context);
    } });
    appendFileSync(${JSON.stringify(file)}, "started\\n");`)}`;

test.concurrent(
  "without a collector, no OpenTelemetry module is loaded and webhook requests have no trace headers",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    await using receiver = await startReceiver();
    const file = join(folder.path, "modules");
    await using serving = serve(folder.path, { ...own, NODE_OPTIONS: noteModules(file) });
    const api = await follow(serving, receiver);
    const signedUp = await request(api, "/admin/api/signup.json", {
      body: signUpOf("quay"),
      headers: traceparent("a"),
    });
    expect(signedUp.status).toBe(201);
    await until(() => receiver.received.length > 0);
    expect(
      receiver.received.flatMap(({ headers }) => Object.keys(headers)).filter((each) => each.startsWith("trace")),
    ).toEqual([]);
    expect(await serving.stop()).toBe(0);
    expect(await readFile(file, "utf8")).toBe("started\nstarted\n");
  },
);

// Alone, because its stop is timed.
test(
  "an unreachable collector loses only spans: deliveries continue, and each process logs one warning",
  { timeout },
  async () => {
    await using folder = await makeDataDir();
    await using receiver = await startReceiver();
    await using serving = serve(folder.path, {
      ...own,
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
      OTEL_METRICS_EXPORTER: "none",
    });
    const api = await follow(serving, receiver);
    for (const name of ["one", "two", "three"]) {
      expect((await request(api, "/admin/api/signup.json", { body: signUpOf(name) })).status).toBe(201);
    }
    await until(() => receiver.received.length >= 3);
    const dropped = /bellwire_telemetry_total\{signal="traces",result="dropped"\} [1-9]/;
    await until(async () => dropped.test(await (await fetch(`${api.url}/metrics`)).text()));
    const stoppedAtMs = performance.now();
    expect(await serving.stop()).toBe(0);
    expect(performance.now() - stoppedAtMs).toBeLessThan(10_000);
    const warnings = serving.stderr.split("\n").filter((line) => line.includes("does not accept telemetry"));
    expect(warnings.length).toBeGreaterThan(0);
    expect(new Set(warnings.map((line) => JSON.parse(line).pid)).size).toBe(warnings.length);
  },
);
