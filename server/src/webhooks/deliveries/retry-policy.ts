import { parseHttpDate } from "#platform/times.ts";

/** The status codes that count as delivered. */
export type SuccessRule = "200" | "200-207" | "2xx";

/** What came of one try over HTTP. A receiver that answers 500 is a value like any other. */
export type AttemptOutcome = { readonly latencyMs: number } & (
  | {
      readonly kind: "answered";
      readonly status: number;
      /** As received, names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      /** The start of the body, 64 KiB at most. */
      readonly body: Uint8Array;
    }
  /** No answer: refused, reset, no such name, TLS. `reason` is a sentence for the admin. */
  | {
      readonly kind: "unreachable";
      readonly code: string;
      readonly reason: string;
      /** The receiver broke a limit of answers, or spoke no HTTP: trying again soon costs much and brings nothing. */
      readonly isUnusable?: true;
    }
  | { readonly kind: "timed-out"; readonly afterSeconds: number; readonly phase: "connect" | "answer" }
  /** The URL leads to an address that the operator has not allowed. Nothing was sent. */
  | { readonly kind: "forbidden-target"; readonly address: string; readonly reason: string }
);

export interface RetryPolicy {
  readonly success: SuccessRule;
  /** The wait before each retry; as many retries as waits. */
  readonly waitsSeconds: readonly number[];
  /** Whether 410 means that the receiver is gone for good. To 3scale's webhook it is an error like any other. */
  readonly believesGone: boolean;
  /** The part of a wait that chance may add, 0 to 1: retries of many deliveries spread out. */
  readonly jitter: number;
}

export type NextStep =
  | { readonly step: "done" }
  | { readonly step: "retry"; readonly afterSeconds: number; readonly error: string }
  | { readonly step: "give-up"; readonly error: string }
  /** Given up, and nothing more is to be sent there. */
  | { readonly step: "disable"; readonly error: string };

/**
 * What becomes of a delivery after an attempt. `attemptsInRound` counts this one and those since the delivery was made,
 * or last retried by hand. `chance` is a number from 0 to 1, `now` when the answer was there. A wait is never shorter than
 * the schedule says, nor than the receiver asked for with `Retry-After`.
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
  const asked = retryAfterSeconds(outcome, now) ?? 0;
  return { step: "retry", afterSeconds: Math.max(waitSeconds * (1 + policy.jitter * chance), asked), error };
}

/** Why an attempt does not count as delivered, as a sentence for the admin; nothing when it does count. */
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

/** `Retry-After` in seconds from `now` (RFC 9110 §10.2.3: so many, or a date), of 429 and 503 answers; a day at most. */
export function retryAfterSeconds(outcome: AttemptOutcome, now: Date): number | undefined {
  if (outcome.kind !== "answered" || (outcome.status !== 429 && outcome.status !== 503)) return undefined;
  const asked = outcome.headers["retry-after"];
  if (asked === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(asked) ? Number(asked) : secondsUntil(asked, now);
  return seconds === undefined ? undefined : Math.min(seconds, 86_400);
}

function secondsUntil(date: string, now: Date): number | undefined {
  const at = parseHttpDate(date);
  return at && Math.max(0, (at.getTime() - now.getTime()) / 1000);
}
