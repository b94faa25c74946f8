import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { readUser, representUser, userToJson } from "#portal/users/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { UserSchema } from "../answer-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { writeJson } from "../write-json.ts";

export const readUserOperation: Operation = {
  title: "User Read",
  tag: "Users",
  says: "Returns a user of an account.",
  method: "GET",
  path: "/accounts/{account_id}/users/{id}",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: UserSchema,

  async answer({ pool }, { provider, adminUrl, id }) {
    const user = await readUser(pool, provider.id, id("id"));
    if (user?.accountId !== id("account_id")) throw new Problem("not-found");
    const settings = await readDocumentSettings(pool, provider);
    return {
      xml: () => writeXmlDocument(representUser(user, settings)),
      json: () => writeJson(userToJson(user, settings, adminUrl)),
      lastModified: user.updatedAt,
    };
  },
};
