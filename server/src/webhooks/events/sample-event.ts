import { type Node, list, record, value } from "#platform/document.ts";
import type { BodyFormat } from "#webhooks/deliveries/index.ts";
import { type EventType, isOperational } from "./catalogue.ts";
import { renderEvent } from "./render-event.ts";

export interface Sample {
  readonly id: string;
  readonly type: EventType;
  readonly now: Date;
  /** The provider's admin URL. */
  readonly source: string;
}

/** Returns the attributes of a sample. Its ids are 0, which no object has. */
export const sampleFacts = ({ type, now }: Pick<Sample, "type" | "now">) =>
  ({
    type,
    objectId: 0,
    time: now.toISOString(),
    sequence: 1,
    actor: isOperational(type) ? "system" : "developer:0",
    channel: isOperational(type) ? "system" : "developer_portal",
  }) as const;

/** Renders the bytes that an endpoint would receive for a sample. */
export function sampleBody({ id, type, now, source }: Sample, format: BodyFormat): Buffer {
  const document = sampleDocument(type, now);
  return renderEvent(
    {
      id,
      source,
      type,
      occurredAt: now,
      objectId: 0,
      accountId: 0,
      accountName: "Sample & Sons",
      sequence: 1,
      actor: isOperational(type) ? { kind: "system" } : { kind: "developer", user_id: 0 },
      channel: isOperational(type) ? "system" : "developer_portal",
      document,
      ...(type.includes("key_") ? { key: { value: sampleKey, createdAt: stampOf(now) } } : {}),
      ...(type.endsWith(".updated")
        ? { previous: { [document.name === "account" ? "org_name" : "state"]: "before" } }
        : {}),
    },
    format,
  );
}

const sampleKey = "0".repeat(32);
const stampOf = (now: Date): string => `${now.toISOString().slice(0, 19)}Z`;

function sampleDocument(type: EventType, now: Date): Node {
  const stamp = stampOf(now);
  const head = [value("id", 0), value("created_at", stamp), value("updated_at", stamp)];
  if (isOperational(type)) return sampleEndpoint(type);
  const [object] = type.split(".", 1);
  if (object === "account") return sampleAccount(head);
  return object === "user" ? sampleUser(head) : sampleApplication(head);
}

const sampleEndpoint = (type: EventType): Node =>
  record("endpoint", [
    value("id", 0),
    value("name", "sample"),
    value("url", "https://receiver.example/hooks"),
    value("state", type === "endpoint.disabled" ? "disabled" : "enabled"),
    record("alert", [
      value("id", 0),
      value("kind", "success_rate"),
      value("sentence", "43 % of the attempts in the last 15 minutes succeeded."),
      value("value", { decimal: "0.43" }),
      value("threshold", { decimal: "0.5" }),
    ]),
  ]);

const sampleAccount = (head: readonly Node[]): Node =>
  record("account", [
    ...head,
    value("state", "approved"),
    record("annotations", []),
    value("org_name", "Sample & Sons"),
    record("extra_fields", []),
    value("monthly_billing_enabled", true),
    value("monthly_charging_enabled", true),
    value("credit_card_stored", false),
    list("plans", [samplePlan("account_plan", { default: true })], "alone"),
    list("users", [sampleUser(head)], "alone"),
  ]);

const sampleUser = (head: readonly Node[]): Node =>
  record("user", [
    ...head,
    value("account_id", 0),
    value("state", "active"),
    value("role", "admin"),
    value("username", "sample"),
    value("email", "sample@example.com"),
    record("extra_fields", []),
  ]);

const sampleApplication = (head: readonly Node[]): Node =>
  record("application", [
    ...head,
    value("state", "live"),
    value("user_account_id", 0),
    value("first_traffic_at", null),
    value("first_daily_traffic_at", null),
    value("service_id", 0),
    value("user_key", sampleKey),
    value("provider_verification_key", sampleKey),
    samplePlan("application_plan", { custom: false, default: true }),
    value("name", "Sample application"),
    value("description", "Sent to show what an event looks like"),
    record("extra_fields", []),
  ]);

const samplePlan = (type: string, attributes: Readonly<Record<string, boolean>>): Node =>
  record(
    "plan",
    [
      value("id", 0),
      value("name", "Sample"),
      value("type", type),
      value("state", "published"),
      value("approval_required", false),
      value("setup_fee", { decimal: "0" }),
      value("cost_per_month", { decimal: "12.5" }),
      value("trial_period_days", null),
      value("cancellation_period", 0),
      ...(type === "application_plan" ? [value("service_id", 0)] : []),
    ],
    attributes,
  );
