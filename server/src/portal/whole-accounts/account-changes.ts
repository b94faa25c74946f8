import { isDeepStrictEqual } from "node:util";
import type { Account } from "#portal/accounts/account.ts";

/** The fields of an account that differ, with the values that they had before, by their names in documents. */
export function changesOf(before: Account, after: Account): Readonly<Record<string, unknown>> {
  const [old, now] = [told(before), told(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  const changed = [...names].filter((name) => !isDeepStrictEqual(old[name], now[name]));
  const changes = Object.fromEntries(changed.map((name) => [name, old[name] ?? null]));
  // Also that another card took its place, and never by what the payment gateway knows it.
  const isOtherCard = before.creditCardToken !== after.creditCardToken;
  return isOtherCard ? { ...changes, credit_card_stored: before.creditCardToken !== null } : changes;
}

/** Once an account says no to something, that is told under the field's own name: an invented field cannot take it. */
const told = (account: Account): Readonly<Record<string, unknown>> => ({
  ...account.fields,
  org_name: account.orgName,
  state: account.state,
  annotations: account.annotations,
  monthly_billing_enabled: account.monthlyBillingEnabled,
  monthly_charging_enabled: account.monthlyChargingEnabled,
  credit_card_partial_number: account.creditCardPartialNumber,
  credit_card_expires_on: account.creditCardExpiresOn,
});
