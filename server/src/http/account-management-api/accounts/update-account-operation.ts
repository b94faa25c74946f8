import { Type } from "typebox";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { accountToJson, representAccount, updateAccount } from "#portal/whole-accounts/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { AccountSchema } from "../answer-schemas.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { switchOf } from "../read-parameters.ts";
import { writeJson } from "../write-json.ts";

export const updateAccountOperation: Operation = {
  title: "Account Update",
  tag: "Accounts",
  says: "Changes an account. What is left out stays as it is.",
  method: "PUT",
  path: "/accounts/{id}",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      org_name: Type.Optional(Type.String()),
      monthly_billing_enabled: Type.Optional(Type.Boolean()),
      monthly_charging_enabled: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: true, description: "And the fields that you have defined for accounts." },
  ),
  answers: AccountSchema,

  async answer({ pool }, { provider, caller, query, body, adminUrl, now, id }) {
    const values = { ...query, ...body };
    const updated = await updateAccount(pool, {
      provider,
      accountId: id("id"),
      values,
      monthlyBillingEnabled: switchOf(values["monthly_billing_enabled"]),
      monthlyChargingEnabled: switchOf(values["monthly_charging_enabled"]),
      writer: "program",
      actor: caller.actor,
      channel: caller.channel,
      now,
    });
    if (!updated) throw new Problem("not-found");
    if ("refused" in updated) throw new Problem("invalid", { errors: updated.refused });

    const settings = await readDocumentSettings(pool, provider);
    return {
      xml: () => writeXmlDocument(representAccount(updated.whole, settings)),
      json: () => writeJson(accountToJson(updated.whole.account, settings, adminUrl)),
    };
  },
};
