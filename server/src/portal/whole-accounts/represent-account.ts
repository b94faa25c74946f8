import { list, record, value, type Node } from "#platform/document/document.ts";
import { keepXml } from "#platform/document/write-xml.ts";
import type { Account } from "#portal/accounts/account.ts";
import { representApplication } from "#portal/applications/represent-application.ts";
import { type Application } from "#portal/applications/application.ts";
import { representFields, type DocumentSettings, type FieldValues } from "#portal/fields/index.ts";
import { representPlan } from "#portal/products/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";
import { representUser } from "#portal/users/represent-user.ts";

import type { WholeAccount } from "./whole-account.ts";

interface Represented {
  readonly settings: DocumentSettings;
  readonly node: Node;
}

// An account that is remembered stays the same object for as long as it says the same, and so do definitions; the provider is
// read once a second. An account that changes is told by its event and by the answer, which are of one node and one text.
const known = new WeakMap<WholeAccount, Represented>();

/** An account as XML documents and webhooks have it. Only the answer to an API sign-up also contains applications. */
export function representAccount(
  whole: WholeAccount,
  settings: DocumentSettings,
  applications?: readonly Application[],
): Node {
  if (applications) return makeNode(whole, settings, applications);
  const { provider, definitions } = settings;
  const found = known.get(whole);
  if (found?.settings.provider === provider && found.settings.definitions === definitions) return found.node;
  const node = keepXml(makeNode(whole, settings));
  known.set(whole, { settings, node });
  return node;
}

function makeNode(
  { account, plans, users }: WholeAccount,
  settings: DocumentSettings,
  applications?: readonly Application[],
): Node {
  const { timeZone } = settings.provider;
  return record("account", [
    value("id", account.id),
    value("created_at", writeTimestamp(account.createdAt, timeZone)),
    value("updated_at", writeTimestamp(account.updatedAt, timeZone)),
    value("state", account.state),
    record(
      "annotations",
      Object.entries(account.annotations).map(([name, text]) => value(name, text)),
    ),
    ...(account.deletionAt ? [value("deletion_date", writeTimestamp(account.deletionAt, timeZone))] : []),
    ...representFields(settings.definitions, "Account", fieldValuesOf(account)),
    ...representBilling(account, settings),
    list("plans", plans.map(representPlan), "alone"),
    list(
      "users",
      users.map((user) => representUser(user, settings)),
      "alone",
    ),
    ...(applications
      ? [
          list(
            "applications",
            applications.map((it) => representApplication(it, settings)),
            "alone",
          ),
        ]
      : []),
  ]);
}

function representBilling(account: Account, { provider }: DocumentSettings): readonly Node[] {
  return [
    ...(isStopped(account) || isStopped(provider)
      ? []
      : [
          value("monthly_billing_enabled", account.monthlyBillingEnabled),
          value("monthly_charging_enabled", account.monthlyChargingEnabled),
        ]),
    value("credit_card_stored", account.creditCardToken !== null),
    ...(account.creditCardToken === null
      ? []
      : [
          value("credit_card_partial_number", account.creditCardPartialNumber),
          value("credit_card_expires_on", account.creditCardExpiresOn),
        ]),
  ];
}

/** Nobody is billed who is suspended or about to go. */
export const isStopped = ({ state }: { readonly state: string }): boolean =>
  state === "suspended" || state === "scheduled_for_deletion";

export const fieldValuesOf = ({ orgName, fields }: Account): FieldValues => ({ ...fields, org_name: orgName });
