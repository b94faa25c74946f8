import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { referrerFiltersToJson, representReferrerFilters, type Application } from "#portal/applications/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";

/** The referrer filters of an application in both formats. */
export const writeReferrerFilters = (
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  application: Application,
  filters: Parameters<typeof representReferrerFilters>[0],
): Answer => ({
  xml: () => writeXmlDocument(representReferrerFilters(filters, provider)),
  json: () => writeJson(referrerFiltersToJson(filters, { application, provider, adminUrl })),
});
