import { Type } from "typebox";
import { updateAccount } from "#portal/whole-accounts/index.ts";
import { answerAccount } from "../answers/answer-account.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { switchOf } from "../requests/read-parameters.ts";
import { accountAnswer } from "../answers/account-answers.ts";
import { annotations } from "../answers/schema-parts.ts";

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
      annotations: Type.Optional(annotations),
    },
    {
      additionalProperties: true,
      description:
        "And the fields that you have defined for accounts, your own ones also inside `extra_fields`; `name` for `org_name`; " +
        "and `billing_address`, nested or in parts such as `billing_address_city`, if you have defined it.",
      examples: [{ org_name: "Harbour & Daughters", region: "apac" }],
    },
  ),
  answers: accountAnswer,

  async answer({ pool }, call) {
    const { provider, values, by } = call;
    const outcome = await updateAccount(pool, {
      provider,
      accountId: call.id("id"),
      values,
      monthlyBillingEnabled: switchOf(values["monthly_billing_enabled"]),
      monthlyChargingEnabled: switchOf(values["monthly_charging_enabled"]),
      writer: "program",
      by,
    });
    return answerAccount(call, doneOrRefuse(outcome));
  },
};
