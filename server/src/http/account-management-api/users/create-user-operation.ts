import { Type } from "typebox";
import { createUser } from "#portal/users/index.ts";
import { answerUser } from "../answers/answer-user.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { userAnswer } from "../answers/user-answers.ts";

export const createUserOperation: Operation = {
  title: "User Create",
  tag: "Users",
  says: "Adds a member to an account, who waits to be activated. No mail is sent.",
  method: "POST",
  path: "/accounts/{account_id}/users",
  deed: "administer-portal",
  formats: xmlAndJson,
  body: Type.Object(
    { username: Type.String(), email: Type.Optional(Type.String()), password: Type.Optional(Type.String()) },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for users.",
      examples: [{ username: "olaf", email: "olaf@harbour.example", password: "a long password" }],
    },
  ),
  answers: userAnswer,

  async answer({ pool }, call) {
    const { provider, values, by } = call;
    const accountId = call.id("account_id");
    const { user } = doneOrRefuse(await createUser(pool, { provider, accountId, values, by }));
    const location = `${call.adminUrl}/admin/api/accounts/${accountId}/users/${user.id}`;
    return { ...(await answerUser(pool, call, user)), status: 201, location };
  },
};
