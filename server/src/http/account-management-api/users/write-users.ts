import { list } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { representUser, userToJson, type User } from "#portal/users/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";

/** Users of an account in both formats. */
export function writeUsers(users: readonly User[], settings: DocumentSettings, adminUrl: string): Answer {
  const nodes = () => users.map((user) => representUser(user, settings));
  return {
    xml: () => writeXmlDocument(list("users", nodes(), "open")),
    json: () => writeJson({ users: users.map((user) => userToJson(user, settings, adminUrl)) }),
  };
}
