import { applicationEvent, ofKey, type Application } from "#portal/applications/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { representUser, type User } from "#portal/users/index.ts";
import type { NewEvent } from "#webhooks/events/index.ts";

import { representAccount } from "./represent-account.ts";
import type { WholeAccount } from "./whole-account.ts";

/** What a sign-up makes, in its final state. */
export interface NewlyMade {
  readonly whole: WholeAccount;
  readonly user: User;
  readonly applications: readonly Application[];
}

/** The account, its user and each application, in this order. Only a program is told of the keys that came with one. */
export function eventsOfSignUp(
  settings: DocumentSettings,
  { whole, user, applications }: NewlyMade,
  door: "form" | "program",
): readonly NewEvent[] {
  const ofAccount = { accountId: whole.account.id, accountName: whole.account.orgName };
  return [
    { type: "account.created", objectId: whole.account.id, ...ofAccount, document: representAccount(whole, settings) },
    { type: "user.created", objectId: user.id, ...ofAccount, document: representUser(user, settings) },
    ...applications.flatMap((application) => {
      const told: Parameters<typeof applicationEvent>[0][] = [
        "application.created",
        ...(door === "program" ? application.keys.map((key) => ofKey("application.key_created", key)) : []),
      ];
      return told.map((it) => applicationEvent(it, settings, { account: whole.account, application }));
    }),
  ];
}
