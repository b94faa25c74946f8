import { isDeepStrictEqual } from "node:util";
import type { Account } from "#portal/accounts/index.ts";

/** The fields of an account that differ, with the values that they had before, by their names in documents. */
export function changesOf(before: Account, after: Account): Readonly<Record<string, unknown>> {
  const [old, now] = [told(before), told(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  const changed = [...names].filter((name) => !isDeepStrictEqual(old[name], now[name]));
  return Object.fromEntries(changed.map((name) => [name, old[name] ?? null]));
}

/** Once an account says no to something, that is told under the field's own name: an invented field cannot take it. */
const told = (account: Account): Readonly<Record<string, unknown>> => ({
  ...account.fields,
  org_name: account.orgName,
  state: account.state,
  annotations: account.annotations,
  monthly_billing_enabled: account.monthlyBillingEnabled,
  monthly_charging_enabled: account.monthlyChargingEnabled,
});
