import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Node } from "#platform/document.ts";
import { representAccount } from "#portal/accounts/index.ts";
import { representApplication, representDeletedApplication } from "#portal/applications/index.ts";
import { representUser } from "#portal/users/index.ts";
import { render3scale } from "#webhooks/events/render-event.ts";
import {
  applications,
  changedAccount,
  changedUser,
  lastAccount,
  newAccount,
  settings,
  settingsInLisbon,
  user,
} from "./documents.ts";

const documents: readonly (readonly [file: string, type: string, document: Node])[] = [
  ["account-created", "account.created", representAccount(newAccount, settings)],
  ["account-updated", "account.updated", representAccount(changedAccount, settingsInLisbon)],
  ["account-deleted", "account.deleted", representAccount(lastAccount, settings)],
  ["user-created", "user.created", representUser(user, settings)],
  ["user-updated", "user.updated", representUser(changedUser, settings)],
  ["user-deleted", "user.deleted", representUser(changedUser, settings)],
  ...Object.entries(applications).flatMap(([kind, { created, updated }]): (readonly [string, string, Node])[] => [
    [`application-${kind}-created`, "application.created", representApplication(created, settings)],
    [`application-${kind}-updated`, "application.updated", representApplication(updated, settings)],
    [`application-${kind}-deleted`, "application.deleted", representDeletedApplication(updated, settings)],
  ]),
];

test.each(documents)("the 3scale document of an event equals the golden file: %s", async (file, type, document) => {
  const golden = await readFile(new URL(`golden/${file}.xml`, import.meta.url), "utf8");
  expect(render3scale(type, document)).toBe(golden.trimEnd());
});
