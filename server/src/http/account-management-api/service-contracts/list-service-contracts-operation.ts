import { Type } from "typebox";
import { list } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readSubscriptions, representSubscription, subscriptionToJson } from "#portal/applications/index.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

const contract = Type.Object(
  { id: Type.Integer(), plan_id: Type.Integer(), service_id: Type.Integer(), state: Type.String() },
  { additionalProperties: true, title: "ServiceContract" },
);

export const listServiceContractsOperation: Operation = {
  title: "Service Subscription List",
  tag: "Accounts",
  says: "Returns the subscriptions of an account to services.",
  method: "GET",
  path: "/accounts/{account_id}/service_contracts",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: Type.Object({ service_contracts: Type.Array(Type.Object({ service_contract: contract })) }),

  async answer({ pool }, call) {
    const { provider } = call;
    const account = await readAccountOrRefuse(pool, provider.id, call.id("account_id"));
    const subscriptions = await readSubscriptions(pool, provider.id, account.id);
    const nodes = () => subscriptions.map((it) => representSubscription(it, provider));
    return {
      xml: () => writeXmlDocument(list("service_contracts", nodes(), "open")),
      json: () => writeJson({ service_contracts: subscriptions.map((it) => subscriptionToJson(it, provider)) }),
    };
  },
};
