import { Problem } from "#http/shared/problem.ts";
import { changeUserRole, type User } from "#portal/users/index.ts";
import { answerUser } from "../answers/answer-user.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { userChangeOf } from "./user-change-of.ts";
import { userAnswer } from "../answers/user-answers.ts";

const operationOf = (role: User["role"], title: string, says: string): Operation => ({
  title,
  tag: "Users",
  says,
  method: "PUT",
  path: `/accounts/{account_id}/users/{id}/${role}`,
  deed: "change-portal",
  formats: xmlAndJson,
  answers: userAnswer,

  async answer({ pool }, call) {
    const outcome = await changeUserRole(pool, { ...userChangeOf(call), role });
    // 3scale asks for an ability, which nobody has over the last admin.
    if (outcome && "refused" in outcome) throw new Problem("not-deletable", { errors: outcome.refused });
    return answerUser(pool, call, doneOrRefuse(outcome).user);
  },
});

export const makeUserAdminOperation = operationOf(
  "admin",
  "User change Role to Admin",
  "Makes a user an admin of the account.",
);

export const makeUserMemberOperation = operationOf(
  "member",
  "User Change Role to Member",
  "Makes a user a member of the account, unless it is the account's last admin.",
);
