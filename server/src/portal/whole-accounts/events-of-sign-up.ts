import type { AccountEvent } from "#portal/accounts/record-account-events.ts";
import { applicationEvent, ofKey } from "#portal/applications/application-events.ts";
import { type Application } from "#portal/applications/application.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { userEvent } from "#portal/users/user-events.ts";
import { type User } from "#portal/users/user.ts";

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
): readonly AccountEvent[] {
  return [
    { type: "account.created", objectId: whole.account.id, document: representAccount(whole, settings) },
    userEvent("user.created", settings, user),
    ...applications.flatMap((application) => {
      const told: Parameters<typeof applicationEvent>[0][] = [
        "application.created",
        ...(door === "program" ? application.keys.map((key) => ofKey("application.key_created", key)) : []),
      ];
      return told.map((it) => applicationEvent(it, settings, application));
    }),
  ];
}
