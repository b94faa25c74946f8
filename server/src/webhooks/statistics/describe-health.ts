import type { OutcomeClass, SuccessRule } from "#webhooks/deliveries/index.ts";
import type { LaneHold } from "./write-statistics.ts";

interface Held {
  readonly waiting: number;
  /** There may be more. */
  readonly isMore: boolean;
}

interface Failed {
  readonly failed: number;
  readonly attempts: number;
  /** The most frequent class of the failed attempts. */
  readonly mostly: OutcomeClass | undefined;
}

interface Unreachable {
  readonly kind: "unreachable";
  /** Consecutive attempts without a response. */
  readonly unanswered: number;
  /** The most frequent reason. Undefined: these attempts are not counted any more. */
  readonly mostly: SilentClass | undefined;
  readonly timeoutSeconds: number;
}

/** Attempts of these classes have no response. */
export type SilentClass = Exclude<OutcomeClass, "2xx" | "3xx" | "4xx" | "5xx">;

/** Why an endpoint is in its state. */
export type Diagnosis =
  | ({ readonly kind: "disabled"; readonly reason: string | null } & Held)
  | ({ readonly kind: "undecryptable"; readonly reason: string } & Held)
  | ({ readonly kind: "paused" | "switched-off" | "restored" } & Held)
  | Unreachable
  | ({ readonly kind: "failing" | "failing-partly"; readonly success: SuccessRule } & Failed)
  | ({ readonly kind: "failing-rarely"; readonly success: SuccessRule; readonly since: Date } & Failed)
  | { readonly kind: "slow"; readonly p95Ms: number }
  | ({ readonly kind: "held-up"; readonly oldestSeconds: number } & Held)
  | ({ readonly kind: "behind"; readonly lateSeconds: number; readonly hold: LaneHold | null } & Held)
  | { readonly kind: "idle" }
  | { readonly kind: "healthy"; readonly delivered: number; readonly attempts: number };

export interface HealthText {
  /** One sentence about the state. */
  readonly sentence: string;
  /** The recommended action. */
  readonly advice: string;
}

/** Explains a state in a sentence, and recommends an action. */
export function describeHealth(diagnosis: Diagnosis): HealthText {
  switch (diagnosis.kind) {
    case "disabled":
    case "undecryptable":
    case "paused":
    case "switched-off":
    case "restored":
      return offText(diagnosis);
    case "unreachable":
      return unreachableText(diagnosis);
    case "failing":
      return { sentence: `Most attempts fail: ${failedText(diagnosis)}.`, advice: failureAdvice(diagnosis) };
    case "failing-rarely":
      return {
        sentence: `No attempt has succeeded since ${minuteText(diagnosis.since)}: ${failedText(diagnosis)}.`,
        advice: failureAdvice(diagnosis),
      };
    case "failing-partly":
      return { sentence: `Some attempts fail: ${failedText(diagnosis)}.`, advice: failureAdvice(diagnosis) };
    case "slow":
      return {
        sentence: `Slow: 5 % of the attempts take ${durationText(diagnosis.p95Ms / 1000)} or longer.`,
        advice: "Let the receiver respond first and process the event afterwards.",
      };
    case "held-up":
      return {
        sentence: `A delivery that fails holds up the others of its ordering key, the oldest for ${durationText(diagnosis.oldestSeconds)}; ${waitingText(diagnosis)}.`,
        advice: "Open the oldest pending delivery: repair its cause, or skip it.",
      };
    case "behind":
      return {
        sentence: `Deliveries are ${durationText(diagnosis.lateSeconds)} late; ${waitingText(diagnosis)}.`,
        advice: behindAdvice(diagnosis.hold),
      };
    case "idle":
      return {
        sentence: "No attempts in the last hour, and nothing waits.",
        advice: "Send a test event to check the receiver.",
      };
    case "healthy":
      return { sentence: healthyText(diagnosis), advice: "Nothing needs to be done." };
  }
}

type Off = Extract<Diagnosis, { readonly kind: "disabled" | "undecryptable" | "paused" | "switched-off" | "restored" }>;

function offText(off: Off): HealthText {
  switch (off.kind) {
    case "disabled":
      return {
        sentence: `Disabled${off.reason === null ? "" : `: ${withoutPeriod(off.reason)}`}. ${heldText(off)}`,
        advice: "Repair the receiver, then enable the endpoint.",
      };
    case "undecryptable":
      return {
        sentence: `Its settings cannot be decrypted: ${withoutPeriod(off.reason)}. ${heldText(off)}`,
        advice:
          "Ask the operator to add the former key to BELLWIRE_SECRET_KEY, or enter URL and headers again. If that replaces the secret, give the receiver the new one.",
      };
    case "paused":
      return { sentence: `Paused. ${heldText(off)}`, advice: "Resume the endpoint to send what is held." };
    case "switched-off":
      return {
        sentence: `Switched off: new events create no deliveries. ${heldText(off)}`,
        advice: "Switch the endpoint on to receive events.",
      };
    case "restored":
      return {
        sentence: `Nothing is sent since the database was restored. ${heldText(off)}`,
        advice: "Ask the operator to send or skip what is held: bellwire resume --after-restore.",
      };
  }
}

const healthyText = ({ delivered, attempts }: { readonly delivered: number; readonly attempts: number }): string =>
  attempts === 0
    ? "No attempts in the last hour; deliveries wait for their next attempt."
    : `Delivers normally: ${numberText(delivered)} of the last ${attemptsText(attempts)} succeeded.`;

function unreachableText({ unanswered, mostly, timeoutSeconds }: Unreachable): HealthText {
  const last = `: the last ${attemptsText(unanswered)} had no response`;
  switch (mostly) {
    case "timeout":
      return {
        sentence: `The receiver does not respond in time${last}.`,
        advice: `Check that the receiver is up and responds within ${timeoutSeconds} s. It can respond first and process the event afterwards.`,
      };
    case "tls":
      return {
        sentence: `No TLS connection to the receiver can be made${last}.`,
        advice: "Check the receiver's certificate: its name, its expiry and its chain.",
      };
    case "forbidden":
      return {
        sentence: `The URL leads to an address that is not allowed${last}.`,
        advice: "Use a public address, or ask the operator to allow this one with BELLWIRE_ALLOWED_TARGETS.",
      };
    case "connection":
    case undefined:
      return {
        sentence: `The receiver cannot be reached${last}.`,
        advice: unreachableAdvice,
      };
  }
}

const unreachableAdvice =
  "Check that the receiver is running, and that the host name and the port of the URL are right.";

function failureAdvice({ failed, attempts, mostly, success }: Failed & { readonly success: SuccessRule }): string {
  switch (mostly) {
    case "2xx":
      return `Only ${success} counts as delivered: change the endpoint's success rule or the receiver's status.`;
    case "3xx":
      return "Redirects are not followed: enter the URL that they lead to.";
    case "4xx":
      return "Open a failed delivery: 4xx usually means a wrong path, missing credentials or a failed signature check.";
    case "5xx":
      return "Look for errors in the receiver's log, then retry the failures.";
    case "timeout":
      return "Let the receiver respond first and process the event afterwards.";
    case "tls":
      return "Check the receiver's certificate: its name, its expiry and its chain.";
    case "forbidden":
      return "Use a public address, or ask the operator to allow this one with BELLWIRE_ALLOWED_TARGETS.";
    case "connection":
      return failed === attempts
        ? unreachableAdvice
        : "Check whether the receiver or a proxy before it closes connections or restarts.";
    case undefined:
      return "Open a failed delivery to see the response.";
  }
}

function behindAdvice(hold: LaneHold | null): string {
  switch (hold) {
    case "rate_limit":
      return "Raise the endpoint's limit per second if the receiver can take more.";
    case "concurrency":
      return "Raise the endpoint's limit of concurrent requests if the receiver can take more.";
    case "retry_after":
      return "The receiver asked to wait with Retry-After. A manual retry ends the wait.";
    case "breaker":
      return "The receiver does not respond; it is probed once a minute at least. A manual retry probes it now.";
    case null:
      return "Let the receiver respond faster, or check that an engine is running.";
  }
}

/** Describe one failed attempt, and several. */
const classTexts: Readonly<Record<OutcomeClass, readonly [one: string, several: string]>> = {
  "2xx": ["a 2xx response that does not count as delivered", "2xx responses that do not count as delivered"],
  "3xx": ["a redirect", "redirects"],
  "4xx": ["a 4xx response", "4xx responses"],
  "5xx": ["a 5xx response", "5xx responses"],
  timeout: ["a time-out", "time-outs"],
  connection: ["no connection", "failed connections"],
  tls: ["no TLS connection", "failed TLS connections"],
  forbidden: ["an address that is not allowed", "addresses that are not allowed"],
};

function failedText({ failed, attempts, mostly }: Failed): string {
  const last = `the last ${attemptsText(attempts)} failed`;
  const some = failed === attempts ? last : `${numberText(failed)} of ${last}`;
  if (mostly === undefined) return some;
  const [one, several] = classTexts[mostly];
  return attempts === 1 ? `${some} (${one})` : `${some}, mostly ${several}`;
}

const heldText = (waiting: Held): string =>
  waiting.waiting === 0
    ? "Nothing is held."
    : `${numberText(waiting.waiting)}${waiting.isMore ? " or more" : ""} ${waiting.waiting === 1 ? "delivery is" : "deliveries are"} held.`;

const waitingText = ({ waiting, isMore }: Held): string =>
  `${numberText(waiting)}${isMore ? " or more" : ""} ${waiting === 1 ? "waits" : "wait"}`;

/** Separates thousands: `12,345`. */
const numberText = (count: number): string => String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");

const attemptsText = (count: number): string => (count === 1 ? "attempt" : `${numberText(count)} attempts`);

/** Returns whole units: "41 s", "12 minutes", "3 hours", "2 days". */
function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 3600) return unitText(seconds / 60, "minute");
  return seconds < 172_800 ? unitText(seconds / 3600, "hour") : unitText(seconds / 86_400, "day");
}

function unitText(exact: number, unit: string): string {
  const count = Math.floor(exact);
  return count === 1 ? `1 ${unit}` : `${numberText(count)} ${unit}s`;
}

const minuteText = (at: Date): string => `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;

const withoutPeriod = (text: string): string => text.replace(/\.$/, "");
