import { expect, test } from "vitest";
import {
  type AttemptOutcome,
  type ErrorClass,
  errorClassOf,
  errorOf,
  nextStep,
  outcomeClasses,
  outcomeClassOf,
  retryAfterSeconds,
} from "./retry-policy.ts";

const policy = { success: "200", waitsSeconds: [60, 60, 300], jitter: 0, believesGone: false } as const;

const now = new Date("2026-02-28T23:59:30.500Z");

const answered = (status: number, headers = {}): AttemptOutcome => ({
  kind: "answered",
  status,
  headers,
  body: new Uint8Array(),
  latencyMs: 5,
});

const failed = (code: string): AttemptOutcome => ({ kind: "unreachable", code, reason: "", latencyMs: 1 });

test.each([
  ["200 counts as delivered", answered(200), 1, { step: "done" }],
  [
    "the first failed attempt is retried after the first wait",
    answered(500),
    1,
    { step: "retry", afterSeconds: 60, error: "Answered 500" },
  ],
  ["each retry uses its own wait", answered(500), 3, { step: "retry", afterSeconds: 300, error: "Answered 500" }],
  ["the attempt after the last wait ends in failure", answered(500), 4, { step: "give-up", error: "Answered 500" }],
  [
    "a longer Retry-After extends the wait",
    answered(503, { "retry-after": "120" }),
    1,
    { step: "retry", afterSeconds: 120, error: "Answered 503" },
  ],
  [
    "a shorter Retry-After does not shorten the wait",
    answered(429, { "retry-after": "1" }),
    1,
    { step: "retry", afterSeconds: 60, error: "Answered 429" },
  ],
  [
    "Retry-After is capped at one day",
    answered(503, { "retry-after": "99999999" }),
    1,
    { step: "retry", afterSeconds: 86_400, error: "Answered 503" },
  ],
  [
    "Retry-After is ignored unless the status is 429 or 503",
    answered(500, { "retry-after": "120" }),
    1,
    { step: "retry", afterSeconds: 60, error: "Answered 500" },
  ],
] as const)("%s", (_guarantee, outcome, attempt, expected) => {
  expect(nextStep(outcome, attempt, policy, { chance: 0.5, now })).toEqual(expected);
});

test.each([
  ["Sun, 01 Mar 2026 00:01:30 GMT", 119.5],
  ["Sat, 28 Feb 2026 23:59:00 GMT", 0],
  ["Fri, 01 Mar 2126 00:00:00 GMT", 86_400],
  ["Sat, 31 Feb 2026 00:00:00 GMT", undefined],
  ["2026-03-01T00:01:30Z", undefined],
  ["soon", undefined],
  ["120 \t", 120],
  ["9".repeat(20), 86_400],
  ["-1", undefined],
  ["1e3", undefined],
])("the Retry-After value %j means a wait of %d seconds", (value, seconds) => {
  expect(retryAfterSeconds(answered(503, { "retry-after": value }), now)).toBe(seconds);
});

test("410, and no other failure, disables the endpoint if believesGone is set, and is retried otherwise", () => {
  const believing = { ...policy, believesGone: true };
  expect(nextStep(answered(410), 1, believing, { chance: 0, now })).toEqual({ step: "disable", error: "Answered 410" });
  for (const outcome of [answered(404), failed("ECONNREFUSED")])
    expect(nextStep(outcome, 1, believing, { chance: 0, now })).toMatchObject({ step: "retry" });
  expect(nextStep(answered(410), 1, policy, { chance: 0, now })).toMatchObject({ step: "retry" });
});

test("both 429 and 503 may say when to retry, and other responses and failures not", () => {
  const headers = { "retry-after": "120" };
  expect([429, 503, 500, 200].map((status) => retryAfterSeconds(answered(status, headers), now))).toEqual([
    120,
    120,
    undefined,
    undefined,
  ]);
  expect([retryAfterSeconds(answered(503), now), retryAfterSeconds(failed("EPROTO"), now)]).toEqual([
    undefined,
    undefined,
  ]);
});

test("jitter only lengthens a wait, by at most its fraction", () => {
  const withJitter = { ...policy, jitter: 0.1 };
  expect(nextStep(answered(500), 1, withJitter, { chance: 0, now })).toMatchObject({ afterSeconds: 60 });
  expect(nextStep(answered(500), 1, withJitter, { chance: 1, now })).toMatchObject({ afterSeconds: 66 });
});

test.each([
  ["200", 200, undefined],
  ["200", 201, "Answered 201; only 200 counts as delivered"],
  ["200", 299, "Answered 299; only 200 counts as delivered"],
  ["200", 300, "Answered 300; redirects are not followed"],
  ["200", 399, "Answered 399; redirects are not followed"],
  ["200", 400, "Answered 400"],
  ["200", 199, "Answered 199"],
  ["200-207", 199, "Answered 199"],
  ["200-207", 200, undefined],
  ["200-207", 207, undefined],
  ["200-207", 208, "Answered 208; only 200-207 counts as delivered"],
  ["2xx", 199, "Answered 199"],
  ["2xx", 200, undefined],
  ["2xx", 299, undefined],
  ["2xx", 300, "Answered 300; redirects are not followed"],
] as const)("with the success rule %s, status %i has the error %s", (success, status, error) => {
  expect(errorOf(answered(status), success)).toBe(error);
});

test("the error of a timeout names its phase", () => {
  expect(errorOf({ kind: "timed-out", phase: "connect", afterSeconds: 10, latencyMs: 0 }, "200")).toBe(
    "No connection within 10 s",
  );
  expect(errorOf({ kind: "timed-out", phase: "answer", afterSeconds: 60, latencyMs: 0 }, "200")).toBe(
    "No complete answer within 60 s",
  );
});

test.for<[string, ErrorClass]>([
  ["ECONNREFUSED", "connection"],
  ["ENOTFOUND", "connection"],
  ["UND_ERR_SOCKET", "connection"],
  ["HPE_INVALID_CONSTANT", "connection"],
  ["internal", "connection"],
  ["CERT_HAS_EXPIRED", "tls"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
  ["EPROTO", "tls"],
])("the error code %s has the class %s", ([code, errorClass]) => {
  expect(errorClassOf(failed(code))).toBe(errorClass);
});

test("responses have no error class, and timeouts and forbidden targets have their own", () => {
  expect(errorClassOf(answered(503))).toBeNull();
  expect(errorClassOf({ kind: "timed-out", afterSeconds: 1, phase: "answer", latencyMs: 1 })).toBe("timeout");
  expect(errorClassOf({ kind: "forbidden-target", address: "::1", reason: "", latencyMs: 1 })).toBe("forbidden");
});

test("a response is classified by its status, an attempt without one by its error", () => {
  const classOf = (status: number | null, errorClass: ErrorClass | null = null) =>
    outcomeClassOf({ status, errorClass });
  expect([204, 301, 410, 503, 999].map((status) => classOf(status))).toEqual(["2xx", "3xx", "4xx", "5xx", "5xx"]);
  expect(classOf(null, "tls")).toBe("tls");
  expect(classOf(null)).toBe("connection"); // recorded before errors had a class
  expect(outcomeClasses).toHaveLength(8);
});
