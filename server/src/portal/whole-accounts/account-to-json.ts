import type { Json } from "#platform/document/write-json.ts";
import type { Account } from "#portal/accounts/account.ts";
import { fieldsToJson, type DocumentSettings } from "#portal/fields/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";

import { fieldValuesOf, isStopped } from "./represent-account.ts";

/** An account as the API's JSON has it: without plans and users. `adminUrl` is the origin that the API is reached at. */
export function accountToJson(account: Account, { provider, definitions }: DocumentSettings, adminUrl: string): Json {
  const time = (at: Date): string => writeTimestamp(at, provider.timeZone);
  const self = `${adminUrl}/admin/api/accounts/${account.id}`;
  return {
    account: {
      id: account.id,
      created_at: time(account.createdAt),
      updated_at: time(account.updatedAt),
      credit_card_stored: account.creditCardToken !== null,
      ...creditCardToJson(account),
      ...(isStopped(account) || isStopped(provider)
        ? {}
        : {
            monthly_billing_enabled: account.monthlyBillingEnabled,
            monthly_charging_enabled: account.monthlyChargingEnabled,
          }),
      state: account.state,
      annotations: account.annotations,
      ...(account.deletionAt ? { deletion_date: time(account.deletionAt) } : {}),
      links: [
        { rel: "self", href: self },
        { rel: "users", href: `${self}/users` },
      ],
      ...fieldsToJson(definitions, "Account", fieldValuesOf(account)),
    },
  };
}

function creditCardToJson(account: Account): Readonly<Record<string, Json>> {
  if (account.creditCardToken === null) return {};
  const { creditCardPartialNumber, creditCardExpiresOn } = account;
  return {
    ...(creditCardPartialNumber === null ? {} : { credit_card_partial_number: creditCardPartialNumber }),
    ...(creditCardExpiresOn === null ? {} : { credit_card_expires_on: creditCardExpiresOn }),
  };
}
