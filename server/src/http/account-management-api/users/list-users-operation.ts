import { Type } from "typebox";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { listUsers } from "#portal/users/index.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { writeUsers } from "./write-users.ts";
import { usersAnswer } from "../answers/user-answers.ts";

export const listUsersOperation: Operation = {
  title: "User List",
  tag: "Users",
  says: "Returns the users of an account.",
  method: "GET",
  path: "/accounts/{account_id}/users",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "suspended", "active"], description: "Those that are in this state." }),
    ),
    role: Type.Optional(Type.String({ enum: ["member", "admin"], description: "Those that have this role." })),
  }),
  answers: usersAnswer,

  async answer({ pool }, { provider, adminUrl, query, id }) {
    const account = await readAccountOrRefuse(pool, provider.id, id("account_id"));
    const settings = await readDocumentSettings(pool, provider);
    const [state, role] = [textOf(query["state"]) || undefined, textOf(query["role"]) || undefined];
    const users = (await listUsers(pool, provider.id, account.id)).filter(
      (user) => (state ?? user.state) === user.state && (role ?? user.role) === user.role,
    );
    return writeUsers(users, settings, adminUrl);
  },
};
