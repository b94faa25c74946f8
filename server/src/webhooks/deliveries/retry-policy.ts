import { parseHttpDate } from "#platform/times.ts";
import type { AttemptTrace } from "./attempt-trace.ts";

/** The status codes that count as delivered. */
export type SuccessRule = "200" | "200-207" | "2xx";

/** The classified result of one HTTP request. Any response, a 500 too, is `answered`. */
export type AttemptOutcome = {
  readonly latencyMs: number;
  /** Undefined if the request could not even be made. */
  readonly trace?: AttemptTrace;
} & (
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Names are in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      /** The start of the body, 64 KiB at most. */
      readonly body: Uint8Array;
      /** The body was longer. */
      readonly isCut?: true;
    }
  /** No response: refused, reset, unknown name, TLS. `reason` is a sentence for the admin. */
  | {
      readonly kind: "unreachable";
      readonly code: string;
      readonly reason: string;
      /** The response broke a limit or was not HTTP, or name servers timed out: retrying soon is expensive and useless. */
      readonly isUnusable?: true;
    }
  | { readonly kind: "timed-out"; readonly afterSeconds: number; readonly phase: "connect" | "answer" }
  /** The URL resolves to an address that the operator has not allowed. Nothing was sent. */
  | { readonly kind: "forbidden-target"; readonly address: string; readonly reason: string }
);

export interface RetryPolicy {
  readonly success: SuccessRule;
  /** The wait before each retry. There are as many retries as waits. */
  readonly waitsSeconds: readonly number[];
  /** If true, 410 ends the delivery and disables the endpoint. For 3scale's webhook it is an ordinary error. */
  readonly believesGone: boolean;
  /** The random part of a wait, 0 to 1, that spreads the retries of many deliveries. */
  readonly jitter: number;
}

export type NextStep =
  | { readonly step: "done" }
  | { readonly step: "retry"; readonly afterSeconds: number; readonly error: string }
  | { readonly step: "give-up"; readonly error: string }
  /** The delivery has failed, and the endpoint is disabled. */
  | { readonly step: "disable"; readonly error: string };

/**
 * Decides the next step after an attempt. `attemptsInRound` counts this attempt and those since the delivery was
 * created or last retried manually. `chance` is from 0 to 1, `now` is the time of the response. A wait is at least
 * that of the schedule and that of `Retry-After`.
 */
export function nextStep(
  outcome: AttemptOutcome,
  attemptsInRound: number,
  policy: RetryPolicy,
  { chance, now }: { readonly chance: number; readonly now: Date },
): NextStep {
  const error = errorOf(outcome, policy.success);
  if (error === undefined) return { step: "done" };
  if (policy.believesGone && outcome.kind === "answered" && outcome.status === 410) return { step: "disable", error };
  const waitSeconds = policy.waitsSeconds[attemptsInRound - 1];
  if (waitSeconds === undefined) return { step: "give-up", error };
  const requestedSeconds = retryAfterSeconds(outcome, now) ?? 0;
  return { step: "retry", afterSeconds: Math.max(waitSeconds * (1 + policy.jitter * chance), requestedSeconds), error };
}

/** Returns a sentence for the admin, or undefined if the attempt counts as delivered. */
export function errorOf(outcome: AttemptOutcome, success: SuccessRule): string | undefined {
  switch (outcome.kind) {
    case "answered":
      return isSuccess(outcome.status, success) ? undefined : refusal(outcome.status, success);
    case "unreachable":
    case "forbidden-target":
      return outcome.reason;
    case "timed-out":
      return outcome.phase === "connect"
        ? `No connection within ${outcome.afterSeconds} s`
        : `No complete answer within ${outcome.afterSeconds} s`;
  }
}

function isSuccess(status: number, rule: SuccessRule): boolean {
  switch (rule) {
    case "200":
      return status === 200;
    case "200-207":
      return status >= 200 && status <= 207;
    case "2xx":
      return status >= 200 && status <= 299;
  }
}

function refusal(status: number, success: SuccessRule): string {
  if (status >= 300 && status <= 399) return `Answered ${status}; redirects are not followed`;
  if (status >= 200 && status <= 299) return `Answered ${status}; only ${success} counts as delivered`;
  return `Answered ${status}`;
}

/**
 * Returns the seconds of `Retry-After` in 429 and 503 responses (RFC 9110 §10.2.3: seconds or a date), at most a day.
 */
export function retryAfterSeconds(outcome: AttemptOutcome, now: Date): number | undefined {
  if (outcome.kind !== "answered" || (outcome.status !== 429 && outcome.status !== 503)) return undefined;
  const text = outcome.headers["retry-after"]?.trimEnd(); // the parser leaves spaces at the end (RFC 9110, section 5.5)
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : secondsUntil(text, now);
  return seconds === undefined ? undefined : Math.min(seconds, 86_400);
}

function secondsUntil(date: string, now: Date): number | undefined {
  const at = parseHttpDate(date);
  return at && Math.max(0, (at.getTime() - now.getTime()) / 1000);
}

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
