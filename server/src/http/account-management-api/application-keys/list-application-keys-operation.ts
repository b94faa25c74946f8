import { Type } from "typebox";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { keysToJson, representKeys } from "#portal/applications/index.ts";
import { readApplicationOrRefuse } from "../answers/read-application-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

const time = Type.String({ format: "date-time" });
const links = Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) }));

export const listApplicationKeysOperation: Operation = {
  title: "Application Key List",
  tag: "Application keys",
  says: "Returns the keys of an application.",
  method: "GET",
  path: "/accounts/{account_id}/applications/{application_id}/keys",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: Type.Object({
    keys: Type.Array(
      Type.Object({ key: Type.Object({ value: Type.String(), created_at: time, updated_at: time, links }) }),
    ),
  }),

  async answer({ pool }, call) {
    const { provider, adminUrl } = call;
    const application = await readApplicationOrRefuse(pool, call, "application_id");
    return {
      xml: () => writeXmlDocument(representKeys(application.keys, provider)),
      json: () => writeJson(keysToJson(application, provider, adminUrl)),
    };
  },
};
