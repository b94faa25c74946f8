import type { Database } from "#platform/database/database.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readDocumentSettings, type DocumentSettings } from "#portal/fields/index.ts";
import { representUser, userToJson, type User } from "#portal/users/index.ts";
import type { Call } from "../operation.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

/** A user of an account in both formats. */
export async function answerUser(
  db: Database,
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  user: User,
): Promise<Answer> {
  return writeUser(user, await readDocumentSettings(db, provider), adminUrl);
}

export const writeUser = (user: User, settings: DocumentSettings, adminUrl: string): Answer => ({
  xml: () => writeXmlDocument(representUser(user, settings)),
  json: () => writeJson(userToJson(user, settings, adminUrl)),
  lastModified: user.updatedAt,
});
