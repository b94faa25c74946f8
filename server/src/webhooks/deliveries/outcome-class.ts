import type { AttemptOutcome } from "./retry-policy.ts";

/** The classes of attempts without a response. Stored with the attempt. */
const errorClasses = ["timeout", "connection", "tls", "forbidden"] as const;

export type ErrorClass = (typeof errorClasses)[number];

/** The classes of attempts: by status if the receiver responded, else by the kind of error. In the order of pages. */
export const outcomeClasses = ["2xx", "3xx", "4xx", "5xx", ...errorClasses] as const;

export type OutcomeClass = (typeof outcomeClasses)[number];

/** Codes of OpenSSL and of Node.js for a handshake or a certificate that failed. */
const tlsCode =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|ERROR_IN_C|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/;

/** Returns the class of an attempt without a response, or null. Failed look-ups and unusable responses are connection errors. */
export function errorClassOf(outcome: AttemptOutcome): ErrorClass | null {
  switch (outcome.kind) {
    case "answered":
      return null;
    case "timed-out":
      return "timeout";
    case "forbidden-target":
      return "forbidden";
    case "unreachable":
      return tlsCode.test(outcome.code) ? "tls" : "connection";
  }
}

const statusClasses = new Map<number, OutcomeClass>([
  [2, "2xx"],
  [3, "3xx"],
  [4, "4xx"],
]);

/** Returns the class of a recorded attempt. Statuses from 600 on, which no standard defines, count as 5xx. */
export function outcomeClassOf(attempt: {
  readonly status: number | null;
  readonly errorClass: ErrorClass | null;
}): OutcomeClass {
  if (attempt.status === null) return attempt.errorClass ?? "connection";
  return statusClasses.get(Math.floor(attempt.status / 100)) ?? "5xx";
}
