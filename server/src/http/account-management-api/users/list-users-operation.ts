import { Type } from "typebox";
import { list } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { listUsers, representUser, userToJson } from "#portal/users/index.ts";
import { UserSchema } from "../answers/answer-schemas.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { writeJson } from "../answers/write-json.ts";

export const listUsersOperation: Operation = {
  title: "User List",
  tag: "Users",
  says: "Returns the users of an account.",
  method: "GET",
  path: "/accounts/{account_id}/users",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(Type.String({ enum: ["pending", "suspended", "active"] })),
    role: Type.Optional(Type.String({ enum: ["member", "admin"] })),
  }),
  answers: Type.Object({ users: Type.Array(UserSchema) }),

  async answer({ pool }, { provider, adminUrl, query, id }) {
    const account = await readAccountOrRefuse(pool, provider.id, id("account_id"));
    const settings = await readDocumentSettings(pool, provider);
    const [state, role] = [textOf(query["state"]) || undefined, textOf(query["role"]) || undefined];
    const users = (await listUsers(pool, provider.id, account.id)).filter(
      (user) => (state ?? user.state) === user.state && (role ?? user.role) === user.role,
    );
    return {
      xml: () =>
        writeXmlDocument(
          list(
            "users",
            users.map((user) => representUser(user, settings)),
            "open",
          ),
        ),
      json: () => writeJson({ users: users.map((user) => userToJson(user, settings, adminUrl)) }),
    };
  },
};
