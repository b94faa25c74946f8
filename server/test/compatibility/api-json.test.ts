import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Json } from "#platform/document.ts";
import { accountToJson } from "#portal/accounts/index.ts";
import { type Application, applicationToJson } from "#portal/applications/index.ts";
import { userToJson } from "#portal/users/index.ts";
import { applications, changedAccount, changedUser, newAccount, settings, settingsInLisbon } from "./documents.ts";

const adminUrl = "https://acme-admin.example.com";
const ofFjord = { settings, adminUrl, account: newAccount.account };
const jsonOf = (application: Application): Json => applicationToJson(application, ofFjord);

test.each([
  ["account", accountToJson(newAccount.account, settings, adminUrl)],
  ["account-with-card", accountToJson(changedAccount.account, settingsInLisbon, adminUrl)],
  ["user", userToJson(changedUser, settings, adminUrl)],
  ["application-user-key", jsonOf(applications["user-key"].updated)],
  ["application-app-id", jsonOf(applications["app-id"].updated)],
  ["application-oidc", jsonOf(applications.oidc.created)],
])("the API's JSON equals the golden file, including the field order: %s", async (file, json) => {
  const golden = await readFile(new URL(`golden/${file}.json`, import.meta.url), "utf8");
  expect(`${JSON.stringify(json, null, 2)}\n`).toBe(golden);
});

test("an application of an account that is scheduled for deletion is not enabled", () => {
  const account = { orgName: "Fjord & Sons", state: "scheduled_for_deletion" };
  const json = applicationToJson(applications["user-key"].created, { ...ofFjord, account });
  expect(json).toMatchObject({ application: { state: "live", enabled: false } });
});
