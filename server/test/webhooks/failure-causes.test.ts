import { expect, test } from "vitest";
import { ForbiddenTargetError } from "#webhooks/attempts/connector.ts";
import { outcomeOfError } from "#webhooks/attempts/exchange.ts";
import { causeOf, failureClasses, groupIdOf } from "#webhooks/deliveries/failure-causes.ts";
import { type AttemptOutcome, errorClassOf, errorOf, outcomeClassOf } from "#webhooks/deliveries/retry-policy.ts";

const exchange = { host: "crm.example:8443", connectTimeoutSeconds: 10, isAnswering: false, isSent: false };
const coded = (code: string, message = "it failed"): Error => Object.assign(new Error(message), { code });

const outcomes: readonly AttemptOutcome[] = [
  ...["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEOUT", "EHOSTUNREACH", "HPE_INVALID_VERSION"].map(
    (code) => coded(code),
  ),
  ...["UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT", "UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"].map(
    (code) => coded(code),
  ),
  ...["CERT_HAS_EXPIRED", "SELF_SIGNED_CERT_IN_CHAIN", "EPROTO", "ERR_TLS_CERT_ALTNAME_INVALID", "ERR_SSL_WRONG"].map(
    (code) => coded(code),
  ),
  new ForbiddenTargetError("10.0.0.1", { isDenied: false, isHidden: false }),
  new ForbiddenTargetError("10.0.0.1", { isDenied: true, isHidden: false }),
  new ForbiddenTargetError("10.0.0.1", { isDenied: false, isHidden: true }),
].flatMap((error): AttemptOutcome[] => {
  const outcome = outcomeOfError(error, exchange);
  return outcome.kind === "not-made" ? [] : [{ ...outcome, latencyMs: 1 }];
});

test("the class of a failure's error is the class of its last attempt", () => {
  for (const outcome of outcomes) {
    const error = errorOf(outcome, "200") ?? "";
    expect([error, causeOf(error).errorClass]).toEqual([error, errorClassOf(outcome)]);
  }
  for (const status of [204, 301, 404, 429, 500, 503, 599]) {
    const outcome: AttemptOutcome = { kind: "answered", status, headers: {}, body: new Uint8Array(), latencyMs: 1 };
    const cause = causeOf(errorOf(outcome, "200") ?? "");
    expect(cause).toMatchObject({ status, errorClass: outcomeClassOf({ status, errorClass: null }) });
  }
  const heldError =
    "More than 100000 deliveries were held while endpoints were off, paused or disabled; this was one of the oldest";
  expect(causeOf(heldError).errorClass).toBe("held");
});

test.for([
  [
    "crm.example:443 refused the connection: nothing listens there.",
    "<host> refused the connection: nothing listens there.",
  ],
  [
    "127.0.0.1:9 refused the connection: nothing listens there.",
    "<address> refused the connection: nothing listens there.",
  ],
  [
    "[2001:db8::7]:443 closed the connection before it had answered.",
    "<address> closed the connection before it had answered.",
  ],
  [
    "localhost:8080 could not be reached: connect ETIMEDOUT 10.1.2.3:80.",
    "<host> could not be reached: connect ETIMEDOUT <address>.",
  ],
  ["No complete answer within 60 s", "No complete answer within <n> s"],
  ["Unknown order 019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33", "Unknown order <id>"],
  ["see https://a.example/x?id=7 for trace 9f86d081884c7d65", "see <url> for trace <id>"],
] as const)("numbers, ids, addresses and hosts do not distinguish causes: %s", ([error, message]) => {
  expect(causeOf(error).message).toBe(message);
});

test("failures of two endpoints, or with two statuses, are two groups", () => {
  const ids = [
    groupIdOf(1, causeOf("Answered 500")),
    groupIdOf(2, causeOf("Answered 500")),
    groupIdOf(1, causeOf("Answered 503")),
    groupIdOf(1, causeOf("No complete answer within 60 s")),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(groupIdOf(1, causeOf("No complete answer within 5 s"))).toBe(ids[3]);
  expect(failureClasses).toContain("held");
});
