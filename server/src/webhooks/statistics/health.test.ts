import { expect, test } from "vitest";
import { Counts, type CountedAttempt } from "./counts.ts";
import { describeHealth } from "./describe-health.ts";
import { type EndpointHealth, type HealthFacts, healthOf, healthStates, pointMinutes } from "./health.ts";

const now = new Date("2026-03-01T12:30:00Z");
const minuteMs = 60_000;
const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * minuteMs);

const success = { status: 200, errorClass: null, end: "delivered" } as const;
const refusal = { status: 500, errorClass: null, end: null } as const;
const timeout = { status: null, errorClass: "timeout", end: null } as const;

type Kind = Pick<CountedAttempt, "status" | "errorClass" | "end"> & { readonly latencyMs?: number };

const countsOf = (kinds: readonly Kind[]): Counts => {
  const counts = new Counts();
  const rest = { eventType: "account.created", atMs: 0, number: 1, delayMs: null, bytesSent: 0, bytesReceived: 0 };
  for (const kind of kinds) counts.add({ ...rest, latencyMs: 40, ...kind });
  return counts;
};

const times = (count: number, kind: Kind): readonly Kind[] => Array.from({ length: count }, () => kind);

/** An hour that ends now, with attempts some minutes ago. */
const hour = (attempts: Readonly<Record<number, readonly Kind[]>> = {}): HealthFacts["points"] =>
  Array.from({ length: 60 / pointMinutes }, (_, index) => {
    const first = 59 - index * pointMinutes;
    const minutes = Array.from({ length: pointMinutes }, (_minute, passed) => attempts[first - passed] ?? []);
    return { atMs: minutesAgo(first).getTime(), counts: countsOf(minutes.flat()) };
  });

interface Case {
  readonly endpoint?: Partial<HealthFacts["endpoint"]>;
  readonly waiting?: Partial<HealthFacts["waiting"]>;
  readonly lane?: Partial<HealthFacts["lane"]>;
  readonly points?: HealthFacts["points"];
  readonly hours?: HealthFacts["hours"];
}

const judge = ({ endpoint, waiting, lane, points = hour(), hours = [] }: Case): EndpointHealth =>
  healthOf(
    {
      endpoint: {
        id: 5,
        name: "crm",
        state: "enabled",
        active: true,
        disabledReason: null,
        undecryptable: null,
        heldUntil: null,
        isHeldAfterRestore: false,
        timeoutSeconds: 15,
        success: "200",
        createdAt: minutesAgo(9000),
        updatedAt: minutesAgo(90),
        ...endpoint,
      },
      waiting: { endpointId: 5, waiting: 0, oldestSeconds: null, nextDueAt: null, isHeldUp: false, ...waiting },
      lane: {
        inFlight: 0,
        windowSize: null,
        unanswered: 0,
        hold: null,
        failingSince: null,
        failedAttempts: 0,
        ...lane,
      },
      points,
      hours,
    },
    now,
  );

const textOf = ({ state, sentence, advice }: EndpointHealth): string => `${state}: ${sentence} ${advice}`;

const cases: readonly (readonly [Case, string])[] = [
  [{}, "idle: No attempts in the last hour, and nothing waits. Send a test event to check the receiver."],
  [
    { points: hour({ 2: times(1200, success) }) },
    "healthy: Delivers normally: 1,200 of the last 1,200 attempts succeeded. Nothing needs to be done.",
  ],
  [
    { waiting: { waiting: 1, oldestSeconds: 10, nextDueAt: minutesAgo(-5) } },
    "healthy: No attempts in the last hour; deliveries wait for their next attempt. Nothing needs to be done.",
  ],
  [
    { endpoint: { state: "paused" }, waiting: { waiting: 37 } },
    "paused: Paused. 37 deliveries are held. Resume the endpoint to send what is held.",
  ],
  [
    { endpoint: { active: false }, waiting: { waiting: 1 } },
    "paused: Switched off: new events create no deliveries. 1 delivery is held. Switch the endpoint on to receive events.",
  ],
  [
    { endpoint: { state: "disabled", disabledReason: "The receiver answered 410: it is gone for good." } },
    "disabled: Disabled: The receiver answered 410: it is gone for good. Nothing is held. Repair the receiver, then enable the endpoint.",
  ],
  [
    { endpoint: { undecryptable: "no key is 1a2b3c4d" }, waiting: { waiting: 10_000 } },
    "disabled: Its settings cannot be decrypted: no key is 1a2b3c4d. 10,000 or more deliveries are held. Ask the operator to add the former key to BELLWIRE_SECRET_KEY, or enter URL and headers again. If that replaces the secret, give the receiver the new one.",
  ],
  [
    { points: hour({ 3: times(50, timeout) }), lane: { unanswered: 50 } },
    "unreachable: The receiver does not respond in time: the last 50 attempts had no response. Check that the receiver is up and responds within 15 s. It can respond first and process the event afterwards.",
  ],
  [
    { points: hour({ 3: times(3, { ...timeout, errorClass: "connection" }) }) },
    "unreachable: The receiver cannot be reached: the last 3 attempts had no response. Check that the receiver is running, and that the host name and the port of the URL are right.",
  ],
  [
    { points: hour({ 3: [...times(40, refusal), ...times(3, timeout)] }), lane: { unanswered: 3 } },
    "unreachable: The receiver does not respond in time: the last 3 attempts had no response. Check that the receiver is up and responds within 15 s. It can respond first and process the event afterwards.",
  ],
  [
    {
      points: hour({ 3: [...times(40, refusal), ...times(3, { ...timeout, errorClass: "connection" })] }),
      lane: { unanswered: 50 },
    },
    "unreachable: The receiver cannot be reached: the last 3 attempts had no response. Check that the receiver is running, and that the host name and the port of the URL are right.",
  ],
  [
    { points: hour({ 3: times(3, { ...timeout, errorClass: "connection" }) }), lane: { unanswered: 50 } },
    "unreachable: The receiver cannot be reached: the last 3 attempts had no response. Check that the receiver is running, and that the host name and the port of the URL are right.",
  ],
  [
    { points: hour({ 3: times(1200, { ...timeout, errorClass: "connection" }) }), lane: { unanswered: 50 } },
    "unreachable: The receiver cannot be reached: the last 1,200 attempts had no response. Check that the receiver is running, and that the host name and the port of the URL are right.",
  ],
  [
    { lane: { unanswered: 3 } },
    "unreachable: The receiver cannot be reached: the last 3 attempts had no response. Check that the receiver is running, and that the host name and the port of the URL are right.",
  ],
  [
    { points: hour({ 3: times(4, { ...timeout, errorClass: "tls" }) }) },
    "unreachable: No TLS connection to the receiver can be made: the last 4 attempts had no response. Check the receiver's certificate: its name, its expiry and its chain.",
  ],
  [
    { points: hour({ 3: times(4, { ...timeout, errorClass: "forbidden" }) }) },
    "unreachable: The URL leads to an address that is not allowed: the last 4 attempts had no response. Use a public address, or ask the operator to allow this one with BELLWIRE_ALLOWED_TARGETS.",
  ],
  [
    { points: hour({ 4: [...times(45, refusal), ...times(15, success)] }) },
    "failing: Most attempts fail: 45 of the last 60 attempts failed, mostly 5xx responses. Look for errors in the receiver's log, then retry the failures.",
  ],
  [
    { points: hour({ 4: times(3, { ...refusal, status: 401 }) }) },
    "failing: Most attempts fail: the last 3 attempts failed, mostly 4xx responses. Open a failed delivery: 4xx usually means a wrong path, missing credentials or a failed signature check.",
  ],
  [
    { points: hour({ 4: times(3, { ...refusal, status: 302 }) }) },
    "failing: Most attempts fail: the last 3 attempts failed, mostly redirects. Redirects are not followed: enter the URL that they lead to.",
  ],
  [
    { points: hour({ 4: times(3, { ...refusal, status: 202 }) }) },
    "failing: Most attempts fail: the last 3 attempts failed, mostly 2xx responses that do not count as delivered. Only 200 counts as delivered: change the endpoint's success rule or the receiver's status.",
  ],
  [
    { lane: { failingSince: minutesAgo(600), failedAttempts: 4 }, waiting: { waiting: 1 } },
    "failing: Most attempts fail: the last 4 attempts failed. Open a failed delivery to see the response.",
  ],
  [
    { lane: { failingSince: minutesAgo(600), failedAttempts: 1 }, waiting: { waiting: 1 } },
    "degraded: No attempt has succeeded since 2026-03-01 02:30 UTC: the last attempt failed. Open a failed delivery to see the response.",
  ],
  [
    {
      points: hour({ 4: times(1, { ...timeout, errorClass: "connection" }) }),
      lane: { failingSince: minutesAgo(600), failedAttempts: 1 },
    },
    "degraded: No attempt has succeeded since 2026-03-01 02:30 UTC: the last attempt failed (no connection). Check that the receiver is running, and that the host name and the port of the URL are right.",
  ],
  [
    { points: hour({ 4: times(1, refusal) }), lane: { failingSince: minutesAgo(600), failedAttempts: 1 } },
    "degraded: No attempt has succeeded since 2026-03-01 02:30 UTC: the last attempt failed (a 5xx response). Look for errors in the receiver's log, then retry the failures.",
  ],
  [
    { points: hour({ 4: [...times(10, timeout), ...times(90, success)] }) },
    "degraded: Some attempts fail: 10 of the last 100 attempts failed, mostly time-outs. Let the receiver respond first and process the event afterwards.",
  ],
  [
    { points: hour({ 4: [...times(10, { ...timeout, errorClass: "connection" }), ...times(90, success)] }) },
    "degraded: Some attempts fail: 10 of the last 100 attempts failed, mostly failed connections. Check whether the receiver or a proxy before it closes connections or restarts.",
  ],
  [
    { points: hour({ 4: times(20, { ...success, latencyMs: 8000 }) }) },
    "degraded: Slow: 5 % of the attempts take 7.5 s or longer. Let the receiver respond first and process the event afterwards.",
  ],
  [
    { waiting: { waiting: 12, oldestSeconds: 3 * 3600, nextDueAt: minutesAgo(-3), isHeldUp: true } },
    "degraded: A delivery that fails holds up the others of its ordering key, the oldest for 3 hours; 12 wait. Open the oldest pending delivery: repair its cause, or skip it.",
  ],
  ...(
    [
      ["rate_limit", "Raise the endpoint's limit per second if the receiver can take more."],
      ["concurrency", "Raise the endpoint's limit of concurrent requests if the receiver can take more."],
      ["retry_after", "The receiver asked to wait with Retry-After. A manual retry ends the wait."],
      ["breaker", "The receiver does not respond; it is probed once a minute at least. A manual retry probes it now."],
      [null, "Let the receiver respond faster, or check that an engine is running."],
    ] as const
  ).map(
    ([hold, advice]) =>
      [
        { waiting: { waiting: 10_000, oldestSeconds: 720, nextDueAt: minutesAgo(12) }, lane: { hold } },
        `degraded: Deliveries are 12 minutes late; 10,000 or more wait. ${advice}`,
      ] as const,
  ),
];

test.for(cases.map(([facts, text]) => [text, facts] as const))("%s", ([text, facts]) => {
  expect(textOf(judge(facts))).toBe(text);
});

test("the cases cover every health state", () => {
  expect(new Set(cases.map(([facts]) => judge(facts).state))).toEqual(new Set(healthStates));
});

test("health uses the last ten minutes instead of the hour if they contain three attempts", () => {
  const failedBefore = { 30: times(100, refusal) };
  expect(judge({ points: hour({ ...failedBefore, 9: times(3, success) }) }).state).toBe("healthy");
  expect(judge({ points: hour({ ...failedBefore, 9: times(2, success) }) }).state).toBe("failing");
  expect(judge({ points: hour({ ...failedBefore, 10: times(3, success) }) }).state).toBe("failing");
});

test.for([
  ["half of the attempts fail", { points: hour({ 4: [...times(5, refusal), ...times(5, success)] }) }, "degraded"],
  ["one of twenty attempts fails", { points: hour({ 4: [refusal, ...times(19, success)] }) }, "healthy"],
  ["two attempts are slow", { points: hour({ 4: times(2, { ...success, latencyMs: 8000 }) }) }, "healthy"],
  [
    "the last of many attempts has failed",
    { points: hour({ 4: [...times(29, success), refusal] }), lane: { failingSince: minutesAgo(1), failedAttempts: 1 } },
    "healthy",
  ],
  ["a delivery is held up for 300 s", { waiting: { waiting: 2, oldestSeconds: 300, isHeldUp: true } }, "healthy"],
  ["a delivery is held up for longer", { waiting: { waiting: 2, oldestSeconds: 301, isHeldUp: true } }, "degraded"],
  ["a delivery is 60 s late", { waiting: { waiting: 1, nextDueAt: minutesAgo(1) } }, "healthy"],
  ["a delivery is later", { waiting: { waiting: 1, nextDueAt: minutesAgo(1.01) } }, "degraded"],
] as const)("a threshold belongs to the better state: %s", ([, facts, state]) => {
  expect(judge(facts).state).toBe(state);
});

test("two failed attempts do not make an endpoint unhealthy", () => {
  expect(judge({ points: hour({ 4: times(2, refusal) }) }).state).toBe("healthy");
  expect(judge({ points: hour({ 4: times(2, timeout) }) }).state).toBe("healthy");
});

test("a state starts at the first of the consecutive points that agree with it", () => {
  const hoursAgo = (hours: number, kinds: readonly Kind[]) => ({
    atMs: Date.parse("2026-03-01T12:00:00Z") - hours * 60 * minuteMs,
    counts: countsOf(kinds),
  });
  const good = hour({ 2: times(9, success), 40: times(9, success) });
  const before = [hoursAgo(5, times(9, refusal)), hoursAgo(4, times(9, success)), hoursAgo(2, times(9, success))];
  expect(judge({ points: good, hours: before }).sinceMs).toBe(Date.parse("2026-03-01T08:00:00.000Z"));
  const ofPoints = hoursAgo(0, times(9, refusal)); // an hour whose points are known
  expect(judge({ points: good, hours: [...before, ofPoints] }).sinceMs).toBe(Date.parse("2026-03-01T08:00:00.000Z"));
  const recovered = hour({ 2: times(9, success), 40: times(9, refusal) });
  expect(judge({ points: recovered }).sinceMs).toBe(Date.parse("2026-03-01T12:26:00.000Z"));
  const failing = hour({ 2: times(9, refusal), 40: times(9, success) });
  expect(judge({ points: failing }).sinceMs).toBe(Date.parse("2026-03-01T12:26:00.000Z"));
});

test("the start of other states is the settings change, the first failure, the last attempt or the due time", () => {
  expect(judge({ endpoint: { state: "paused" } }).sinceMs).toBe(minutesAgo(90).getTime());
  expect(judge({ lane: { unanswered: 3, failingSince: minutesAgo(42) } }).sinceMs).toBe(minutesAgo(42).getTime());
  expect(judge({}).sinceMs).toBe(minutesAgo(9000).getTime());
  const before = [{ atMs: minutesAgo(300).getTime(), counts: countsOf([success]) }];
  expect(judge({ hours: before }).sinceMs).toBe(minutesAgo(300).getTime());
  const late = { waiting: 1, oldestSeconds: 720, nextDueAt: minutesAgo(12) };
  expect(judge({ waiting: late }).sinceMs).toBe(minutesAgo(12).getTime());
});

test("a hold reports the reason for sending nothing, with the endpoint's settings first", () => {
  const holds = [
    judge({ endpoint: { state: "disabled" }, lane: { hold: "breaker" } }),
    judge({ endpoint: { state: "paused" } }),
    judge({ endpoint: { active: false } }),
    judge({ endpoint: { isHeldAfterRestore: true, heldUntil: minutesAgo(-1) }, lane: { hold: "breaker" } }),
    judge({ lane: { hold: "rate_limit" } }),
    judge({ endpoint: { heldUntil: minutesAgo(-1) }, lane: { unanswered: 49 } }),
    judge({ endpoint: { heldUntil: minutesAgo(-1) }, lane: { unanswered: 50 } }),
    judge({ endpoint: { heldUntil: minutesAgo(0) } }),
  ].map(({ hold }) => hold);
  expect(holds).toEqual([
    "disabled",
    "paused",
    "switched_off",
    "restored",
    "rate_limit",
    "retry_after",
    "breaker",
    null,
  ]);
});

test("figures cover the last hour, and the sparkline has points of five minutes", () => {
  const minutes = hour({ 0: [success, refusal], 4: [success], 59: [refusal, refusal] });
  const { attempts, successRate, latencyP50, sparkline } = judge({ points: minutes });
  expect({ attempts, successRate, latencyP50 }).toEqual({ attempts: 5, successRate: 0.4, latencyP50: 41 });
  expect(sparkline).toHaveLength(12);
  expect([sparkline[0], sparkline[11]]).toEqual([
    { atMs: minutesAgo(59).getTime(), delivered: 0, failed: 2 },
    { atMs: minutesAgo(4).getTime(), delivered: 2, failed: 1 },
  ]);
});

test("a health sentence has no double period and uses the singular for one delivery", () => {
  const { sentence } = describeHealth({ kind: "disabled", reason: "Gone.", waiting: 1, isMore: false });
  expect(sentence).toBe("Disabled: Gone. 1 delivery is held.");
});
