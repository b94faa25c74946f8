import type { Pool } from "#platform/database/database.ts";
import { isXmlText } from "#platform/document/xml-text.ts";
import { refuseTransition, type FieldWriter } from "#portal/fields/index.ts";
import { applicationRejectedMail, insertMail } from "#portal/mails/index.ts";
import { listUsers } from "#portal/users/users-table.ts";

import { titleOf } from "./application.ts";
import { deleteApplicationRows } from "./applications-table.ts";
import {
  tell,
  withApplication,
  type ApplicationChange,
  type ApplicationOutcome,
  type ChangedApplication,
  type LockedApplication,
  type NotForDevelopers,
} from "./change-application.ts";

/** Deletes an application; its keys go without a word. Undefined if the account has no such application. */
export const deleteApplication = (
  pool: Pool,
  { writer, ...change }: ApplicationChange & { readonly writer: FieldWriter },
): Promise<ChangedApplication | NotForDevelopers | undefined> =>
  withApplication<ChangedApplication | NotForDevelopers>(pool, change, async (locked) => {
    const isKept = writer === "developer" && !locked.application.product.buyersManageApps;
    return isKept ? { notAllowed: "developers" } : remove(locked);
  });

/** Turns down an application that waits for approval: it is deleted, and the admins of its account are told why. */
export const rejectApplication = (
  pool: Pool,
  { reason, ...change }: ApplicationChange & { readonly reason: string },
): Promise<ApplicationOutcome | undefined> =>
  withApplication<ApplicationOutcome>(pool, change, async (locked) => {
    if (locked.application.state !== "pending") return refuseTransition("reject");
    if (!isXmlText(reason)) return { refused: { reason: ["contains characters that are not allowed"] } };
    await writeToAdmins(locked, reason);
    return remove(locked);
  });

async function remove(locked: LockedApplication): Promise<ChangedApplication> {
  const { tx, settings, application } = locked;
  await deleteApplicationRows(tx, settings.provider.id, [application.id]);
  return { application, events: await tell(locked, ["application.deleted"]) };
}

async function writeToAdmins(
  { tx, settings: { provider }, account, application, by }: LockedApplication,
  reason: string,
): Promise<void> {
  for (const { role, email: recipient, username } of await listUsers(tx, provider.id, account.id)) {
    if (role !== "admin" || recipient === null) continue;
    const mail = applicationRejectedMail({ provider, recipient, username, name: titleOf(application), reason });
    await insertMail(tx, provider.id, mail, by.now);
  }
}
