import type { FieldTarget } from "#portal/fields/index.ts";
import type { Step } from "./diff.ts";

/** The kinds of objects with a history, as in the types of their events. */
export type ObjectKind = "account" | "user" | "application";

/** The words of a field that a provider defined. */
export interface FieldLabel {
  readonly target: FieldTarget;
  readonly name: string;
  readonly label: string;
}

const targets = { account: "Account", user: "User", application: "Cinstance" } as const satisfies Record<
  ObjectKind,
  FieldTarget
>;

/** Words that do not follow from the names of fields. Lists have the word of one item. */
const words: Readonly<Record<string, string>> = {
  accepted_at: "Approved",
  annotations: "Annotation",
  application_id: "Application ID",
  credit_card_expires_on: "Credit card expiry",
  first_daily_traffic_at: "First traffic of the day",
  first_traffic_at: "First traffic",
  id: "ID",
  keys: "Application key",
  oidc_configuration: "OpenID Connect",
  plan_id: "Plan ID",
  plans: "Plan",
  redirect_url: "Redirect URL",
  referrer_filters: "Referrer filter",
  service_id: "Product ID",
  user_account_id: "Account ID",
  user_key: "User key (API key)",
  users: "User",
};

/** Records without words of their own: labels of their fields omit them. */
const unnamed: ReadonlySet<string> = new Set(["extra_fields"]);

/** Returns "Monthly billing enabled" for `monthly_billing_enabled`. */
function humanize(name: string): string {
  const text = name.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Returns the words for a field, as the provider's pages show it: the label of a defined field, and "User mira: Email"
 * for a field of a listed object.
 */
export function labelOf(path: readonly Step[], kind: ObjectKind, definitions: readonly FieldLabel[]): string {
  const parts: string[] = [];
  let target: FieldTarget | undefined = targets[kind];
  for (const [index, step] of path.entries()) {
    if (typeof step === "object") {
      parts.push(`${parts.pop() ?? ""} ${step.title}`.trim());
      target = path[index - 1] === "users" ? "User" : undefined;
    } else if (!unnamed.has(step)) {
      const defined = definitions.find((definition) => definition.target === target && definition.name === step);
      parts.push(defined?.label ?? words[step] ?? humanize(step));
      target = undefined; // fields of plans and addresses are not defined
    }
  }
  return parts.join(": ");
}

/** Returns the path as a program reads it: `users[21].email`. */
export const pathText = (path: readonly Step[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "object") return `${text}[${step.id}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
