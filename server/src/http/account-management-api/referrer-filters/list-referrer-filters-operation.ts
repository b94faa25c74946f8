import { Type } from "typebox";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { listReferrerFilters, referrerFiltersToJson, representReferrerFilters } from "#portal/applications/index.ts";
import { readApplicationOrRefuse } from "../answers/read-application-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

const time = Type.String({ format: "date-time" });
const links = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));

const filter = Type.Object({ id: Type.Integer(), value: Type.String(), created_at: time, updated_at: time, links });

export const listReferrerFiltersOperation: Operation = {
  title: "Application Referrer Filter List",
  tag: "Application keys",
  says: "Returns the hosts that calls of an application may come from.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{application_id}/referrer_filters",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: Type.Object({ referrer_filters: Type.Array(Type.Object({ referrer_filter: filter })) }),

  async answer({ pool }, call) {
    const { provider, adminUrl } = call;
    const application = await readApplicationOrRefuse(pool, call, "application_id");
    const filters = await listReferrerFilters(pool, provider.id, [application.id]);
    return {
      xml: () => writeXmlDocument(representReferrerFilters(filters, provider)),
      json: () => writeJson(referrerFiltersToJson(filters, { application, provider, adminUrl })),
    };
  },
};
