import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { keysToJson, representKeys, type Application } from "#portal/applications/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";

/** The keys of an application in both formats. */
export const writeApplicationKeys = (
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  application: Application,
): Answer => ({
  xml: () => writeXmlDocument(representKeys(application.keys, provider)),
  json: () => writeJson(keysToJson(application, provider, adminUrl)),
});
