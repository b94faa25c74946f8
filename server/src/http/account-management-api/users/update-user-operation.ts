import { Type } from "typebox";
import { updateUser } from "#portal/users/index.ts";
import { answerUser } from "../answers/answer-user.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { userChangeOf } from "./user-change-of.ts";
import { userAnswer } from "../answers/user-answers.ts";

export const updateUserOperation: Operation = {
  title: "User Update",
  tag: "Users",
  says: "Changes a user of an account. What is left out stays as it is; role and state have operations of their own.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      username: Type.Optional(Type.String()),
      email: Type.Optional(Type.String()),
      password: Type.Optional(Type.String()),
    },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for users.",
      examples: [{ email: "olafur@harbour.example" }],
    },
  ),
  answers: userAnswer,

  async answer({ pool }, call) {
    const outcome = await updateUser(pool, { ...userChangeOf(call), values: call.values, writer: "program" });
    return answerUser(pool, call, doneOrRefuse(outcome).user);
  },
};
