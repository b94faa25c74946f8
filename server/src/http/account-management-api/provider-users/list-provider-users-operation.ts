import { Type } from "typebox";
import { listProviderUsers } from "#access/index.ts";
import { writeProviderUsers } from "./write-provider-users.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { providerUsersAnswer } from "./provider-user-answers.ts";

export const listProviderUsersOperation: Operation = {
  title: "User List (provider account)",
  tag: "Provider",
  says: "Returns the provider's own users.",
  method: "GET",
  path: "/users",
  deed: "list-provider-users",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "suspended", "active"], description: "Those that are in this state." }),
    ),
    role: Type.Optional(Type.String({ enum: ["member", "admin"], description: "Those that have this role." })),
  }),
  answers: providerUsersAnswer,

  async answer({ pool }, { provider, adminUrl, query }) {
    const filter = { state: textOf(query["state"]) || undefined, role: textOf(query["role"]) || undefined };
    const users = await listProviderUsers(pool, provider.id, filter);
    return writeProviderUsers({ provider, adminUrl }, users);
  },
};
