import { nameInLine } from "#platform/xml.ts";
import { type Node, record, value } from "#platform/document.ts";
import type { NewMail } from "#portal/mails/index.ts";
import type { OperationalEventType } from "#webhooks/events/index.ts";
import { type AlertKind, alertKinds } from "./decide.ts";
import { type EndpointReadings, windowMinutes } from "./readings.ts";

/** An alert that has opened or closed, and causes notifications. */
export interface AlertTransition {
  readonly alertId: number;
  readonly kind: AlertKind;
  readonly isOpen: boolean;
  readonly since: Date;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly sentence: string;
  readonly endpoint: Pick<EndpointReadings, "endpointId" | "name" | "urlMasked" | "state">;
  readonly byMail: boolean;
}

const percent = (ratio: number): string => `${Math.round(ratio * 1000) / 10} %`;

/** Returns "840 ms", "12 s", "75 minutes" or "3 hours". */
function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}

/** Returns "less than a day", "1 day" or "14 days". */
function days(count: number): string {
  if (count < 1) return "less than a day";
  return count < 2 ? "1 day" : `${Math.floor(count)} days`;
}

type Measured = Pick<AlertTransition, "kind" | "value" | "threshold">;

/** Describes a problem in a sentence. */
export function describeProblem(
  { kind, value: reading, threshold }: Measured,
  { disabledReason }: Pick<EndpointReadings, "disabledReason">,
): string {
  const [current, limit] = [reading ?? 0, threshold ?? 0];
  switch (kind) {
    case "success_rate":
      return `${percent(current)} of the attempts in the last ${windowMinutes} minutes succeeded. The limit is ${percent(limit)}.`;
    case "latency_p95":
      return `5 % of the responses in the last ${windowMinutes} minutes took ${duration(current)} or longer. The limit is ${duration(limit)}.`;
    case "oldest_waiting":
      return `The oldest delivery has been waiting for ${duration(current * 1000)}. The limit is ${duration(limit * 1000)}.`;
    case "certificate":
      return current < 0
        ? "The certificate of the receiver has expired."
        : `The certificate of the receiver expires in ${days(current)}. The limit is ${days(limit)}.`;
    case "disabled":
      return disabledReason ?? "The endpoint is disabled.";
    case "exhausted":
      return "A delivery has failed: it has no attempts left, or was held for too long.";
  }
}

/** Returns the type of the operational event about an alert. */
export function eventTypeOf({ kind, isOpen }: Pick<AlertTransition, "kind" | "isOpen">): OperationalEventType {
  if (!isOpen) return "endpoint.recovered";
  if (kind === "disabled") return "endpoint.disabled";
  return kind === "exhausted" ? "deliveries.exhausted" : "endpoint.degraded";
}

const numberNode = (name: string, number: number | null): Node =>
  value(name, number === null ? null : { decimal: number.toFixed(4) });

/** Represents the endpoint of an operational event, with the alert. */
export const representTransition = ({ endpoint, ...alert }: AlertTransition): Node =>
  record("endpoint", [
    value("id", endpoint.endpointId),
    value("name", endpoint.name),
    value("url", endpoint.urlMasked),
    value("state", endpoint.state),
    record("alert", [
      value("id", alert.alertId),
      value("kind", alert.kind),
      value("state", alert.isOpen ? "open" : "closed"),
      value("since", alert.since.toISOString()),
      value("sentence", alert.sentence),
      numberNode("value", alert.value),
      numberNode("threshold", alertKinds[alert.kind].problemSide === "present" ? null : alert.threshold),
    ]),
  ]);

interface MailFacts {
  readonly providerName: string;
  readonly recipient: string;
  /** Returns the URL of a page of the Admin Portal. */
  readonly url: (path: string) => string;
}

const problems: Readonly<Record<AlertKind, string>> = {
  success_rate: "attempts are failing",
  latency_p95: "responses are slow",
  oldest_waiting: "deliveries are late",
  certificate: "the certificate expires",
  disabled: "the endpoint was disabled",
  exhausted: "deliveries are failing",
};

const recoveries: Readonly<Record<AlertKind, string>> = {
  success_rate: "attempts succeed again",
  latency_p95: "responses are fast again",
  oldest_waiting: "deliveries are on time again",
  certificate: "the certificate was renewed",
  disabled: "the endpoint is enabled again",
  exhausted: "deliveries succeed again",
};

const headline = ({ kind, isOpen, endpoint }: AlertTransition): string =>
  `${nameInLine(endpoint.name)}: ${isOpen ? problems[kind] : recoveries[kind]}`;

/** Renders one mail about all alerts that opened or closed in one evaluation. */
export function alertMail(
  transitions: readonly AlertTransition[],
  { providerName, recipient, url }: MailFacts,
): NewMail {
  const [first] = transitions;
  const opened = transitions.filter(({ isOpen }) => isOpen).length;
  const counts = [
    opened > 0 ? `${opened} new` : "",
    transitions.length > opened ? `${transitions.length - opened} closed` : "",
  ];
  const subject =
    first && transitions.length === 1
      ? headline(first)
      : `alerts: ${counts.filter((count) => count !== "").join(", ")}`;
  return {
    recipient,
    subject: `${nameInLine(providerName)}: ${subject}`,
    text: `Hello,

${transitions.map((each) => paragraph(each, url)).join("\n\n")}

All alerts, and the rules for them:

${url("/alerts")}
`,
  };
}

function paragraph(transition: AlertTransition, url: MailFacts["url"]): string {
  const { endpoint, sentence, isOpen, kind } = transition;
  const page = kind === "exhausted" ? "/failures" : `/endpoints/${endpoint.endpointId}`;
  return `${headline(transition)} (${endpoint.urlMasked})
${isOpen ? sentence : "The problem is over."}${isOpen && kind === "disabled" ? " Its deliveries are held until you enable it." : ""}
${url(page)}`;
}
