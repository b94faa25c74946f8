import type { Pool } from "#platform/database/database.ts";
import {
  activateProviderUser,
  changeProviderUserRole,
  suspendProviderUser,
  unsuspendProviderUser,
} from "#portal/provider-account/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerProviderUser } from "./answer-provider-user.ts";
import { answerRefusedUserStep } from "./answer-refused-user-step.ts";
import { providerUserChangeOf } from "./provider-user-change-of.ts";
import { providerUserAnswer } from "./provider-user-answers.ts";

interface Action {
  readonly name: string;
  readonly title: string;
  readonly says: string;
  /** A refusal shows the user, as 3scale has it of this step. */
  readonly showsRefused?: true;
  readonly take: (
    pool: Pool,
    change: ReturnType<typeof providerUserChangeOf>,
  ) => ReturnType<typeof activateProviderUser>;
}

const operationOf = ({ name, title, says, showsRefused, take }: Action): Operation => ({
  title: `${title} (provider account)`,
  tag: "Provider",
  says,
  method: "PUT",
  path: `/users/{id}/${name}`,
  deed: "administer-provider",
  formats: xmlAndJson,
  also: [422],
  answers: providerUserAnswer,

  async answer({ pool }, call) {
    const outcome = await take(pool, providerUserChangeOf(call));
    if (showsRefused && outcome && "refused" in outcome) return answerRefusedUserStep(pool, call, name);
    return answerProviderUser(call, doneOrRefuse(outcome).user);
  },
});

export const activateProviderUserOperation = operationOf({
  name: "activate",
  title: "User Activate",
  says: "Activates one of the provider's own users who waits for it.",
  take: activateProviderUser,
});

export const makeProviderUserAdminOperation = operationOf({
  name: "admin",
  title: "User Change Role to Admin",
  says: "Makes one of the provider's own users an admin.",
  take: (pool, change) => changeProviderUserRole(pool, { ...change, role: "admin" }),
});

export const makeProviderUserMemberOperation = operationOf({
  name: "member",
  title: "User Change Role to Member",
  says: "Makes one of the provider's own users a member, who may do what his sections allow.",
  take: (pool, change) => changeProviderUserRole(pool, { ...change, role: "member" }),
});

export const suspendProviderUserOperation = operationOf({
  name: "suspend",
  title: "User Suspend",
  says: "Locks one of the provider's own users out, at once, with the access tokens.",
  showsRefused: true,
  take: suspendProviderUser,
});

export const unsuspendProviderUserOperation = operationOf({
  name: "unsuspend",
  title: "User Unsuspend",
  says: "Lets one of the provider's own users in again.",
  take: unsuspendProviderUser,
});
