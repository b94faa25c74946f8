import { expect, test } from "vitest";
import { type ErrorClass, errorClassOf, outcomeClassOf, outcomeClasses } from "./outcome-class.ts";
import type { AttemptOutcome } from "./retry-policy.ts";

const failed = (code: string): AttemptOutcome => ({ kind: "unreachable", code, reason: "", latencyMs: 1 });

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
])("%s is a %s error", ([code, errorClass]) => {
  expect(errorClassOf(failed(code))).toBe(errorClass);
});

test("each kind of outcome has a class", () => {
  const answered = { kind: "answered", status: 503, headers: {}, body: Buffer.alloc(0), latencyMs: 1 } as const;
  expect(errorClassOf(answered)).toBeNull();
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
