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
  ...(role === "member" ? { also: [422] } : {}),
  answers: userAnswer,
  ...(role === "member" ? { also: [422] } : {}), // of the last admin

  async answer({ pool }, call) {
    const { user } = doneOrRefuse(await changeUserRole(pool, { ...userChangeOf(call), role }));
    return answerUser(pool, call, user);
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
