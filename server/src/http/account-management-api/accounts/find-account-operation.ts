import { Type } from "typebox";
import { findAccountOfUser } from "#portal/users/index.ts";
import { readAccountInFull } from "#portal/whole-accounts/index.ts";
import { answerAccount } from "../answers/answer-account.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { idOf, textOf, type Parameters } from "../requests/read-parameters.ts";
import { accountAnswer } from "../answers/account-answers.ts";

export const findAccountOperation: Operation = {
  title: "Account Find",
  tag: "Accounts",
  says: "Finds the account of a user, by the first of these that is given.",
  method: "GET",
  path: "/accounts/find",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    username: Type.Optional(Type.String({ description: "The user's name. It counts first." })),
    user_id: Type.Optional(Type.String({ description: "The user's id. It counts where no name is given." })),
    email: Type.Optional(Type.String({ description: "The user's address. It counts last." })),
  }),
  also: [404],
  answers: accountAnswer,

  async answer({ pool }, call) {
    const named = readName(call.query);
    const accountId = named && (await findAccountOfUser(pool, call.provider.id, named));
    const found = accountId === undefined ? undefined : await readAccountInFull(pool, call.provider, accountId);
    return answerAccount(call, doneOrRefuse(found));
  },
};

type Named = { readonly by: "id" | "username" | "email"; readonly value: string | number };

/** The first that is given counts, also an empty one: a name that nobody has is not made good by the next. */
function readName(query: Parameters): Named | undefined {
  const text = (name: string): string => textOf(query[name]) ?? "";
  if (query["username"] !== undefined) return { by: "username", value: text("username") };
  if (query["user_id"] !== undefined) return { by: "id", value: idOf(query["user_id"]) ?? 0 };
  const email = text("email");
  return email === "" ? undefined : { by: "email", value: email };
}
