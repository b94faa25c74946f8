import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { accountToJson, readWholeAccount, representAccount } from "#portal/whole-accounts/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { AccountSchema } from "../answer-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { writeJson } from "../write-json.ts";

export const readAccountOperation: Operation = {
  title: "Account Read",
  tag: "Accounts",
  says: "Returns an account.",
  method: "GET",
  path: "/accounts/{id}",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: AccountSchema,

  async answer({ pool }, { provider, adminUrl, id }) {
    const whole = await readWholeAccount(pool, provider.id, id("id"));
    if (!whole) throw new Problem("not-found");
    const settings = await readDocumentSettings(pool, provider);
    return {
      xml: () => writeXmlDocument(representAccount(whole, settings)),
      json: () => writeJson(accountToJson(whole.account, settings, adminUrl)),
      lastModified: whole.account.updatedAt,
    };
  },
};
