import { expect, test } from "vitest";
import { renderXml } from "#platform/xml.ts";
import { aDefinition, anAccount, aPlan, aProvider, standardDefinitions } from "../../../test/support/build-portal.ts";
import { representAccount } from "./account-details.ts";

const at = new Date("2026-03-01T09:00:00Z");

const account = anAccount({
  id: 31,
  orgName: "Fjord & Sons",
  state: "approved",
  stateChangedAt: at,
  annotations: {},
  fields: { region: "emea" },
  monthlyBillingEnabled: true,
  monthlyChargingEnabled: true,
  deletionAt: null,
  planId: 11,
  creditCardToken: null,
  creditCardPartialNumber: null,
  creditCardExpiresOn: null,
  lastSequence: 0,
  lastRecordedIn: 0,
  lastEventId: "00000000-0000-0000-0000-000000000000",
  createdAt: at,
  updatedAt: at,
});

const details = { account, users: [], plans: [aPlan()] };
const nodes = { plans: new WeakMap(), accounts: new WeakMap() };
const settings = { provider: aProvider(), definitions: standardDefinitions, nodes };

test("the representation of an unchanged account is cached", () => {
  expect(representAccount(details, settings)).toBe(representAccount(details, { ...settings }));
});

test.for([
  ["the account", { ...details, account: { ...account, orgName: "Quay" } }, settings, "Quay"],
  ["a plan", { ...details, plans: [aPlan({ name: "Gold" })] }, settings, "Gold"],
  ["the provider", details, { ...settings, provider: aProvider({ timeZone: "Asia/Tokyo" }) }, "T18:00:00+09:00"],
  ["a fields definition", details, { ...settings, definitions: [aDefinition("Account", "region")] }, "emea"],
] as const)("the representation changes when %s changes", ([, changed, changedSettings, newText]) => {
  expect(renderXml(representAccount(details, settings))).not.toContain(newText);
  expect(renderXml(representAccount(changed, changedSettings))).toContain(newText);
  expect(renderXml(representAccount(details, settings))).not.toContain(newText);
});
