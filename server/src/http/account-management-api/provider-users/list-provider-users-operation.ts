import { Type } from "typebox";
import { listProviderUsers } from "#access/index.ts";
import { list } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { providerUserToJson, representProviderUser } from "#portal/provider-account/index.ts";
import { UserSchema } from "../answers/answer-schemas.ts";
import { writeJson } from "../answers/write-json.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";

export const listProviderUsersOperation: Operation = {
  title: "User List (provider account)",
  tag: "Provider",
  says: "Returns the provider's own users.",
  method: "GET",
  path: "/users",
  deed: "list-provider-users",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(Type.String({ enum: ["pending", "suspended", "active"] })),
    role: Type.Optional(Type.String({ enum: ["member", "admin"] })),
  }),
  answers: Type.Object({ users: Type.Array(UserSchema) }),

  async answer({ pool }, { provider, adminUrl, query }) {
    const filter = { state: textOf(query["state"]) || undefined, role: textOf(query["role"]) || undefined };
    const users = await listProviderUsers(pool, provider.id, filter);
    const nodes = () => users.map((user) => representProviderUser(user, provider));
    return {
      xml: () => writeXmlDocument(list("users", nodes(), "open")),
      json: () => writeJson({ users: users.map((user) => providerUserToJson(user, provider, adminUrl)) }),
    };
  },
};
