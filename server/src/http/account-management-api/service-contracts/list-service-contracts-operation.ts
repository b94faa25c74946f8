import { reaches } from "#access/index.ts";
import { readSubscriptions } from "#portal/applications/index.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { serviceContractsAnswer } from "./service-contract-answers.ts";
import { writeServiceContracts } from "./write-service-contracts.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const listServiceContractsOperation: Operation = {
  title: "Service Subscription List",
  tag: "Accounts",
  says: "Returns the subscriptions of an account to services.",
  method: "GET",
  path: "/accounts/{account_id}/service_contracts",
  deed: "read-portal",
  formats: xmlAndJson,
  answers: serviceContractsAnswer,

  async answer({ pool }, call) {
    const { provider } = call;
    const account = await readAccountOrRefuse(pool, provider.id, call.id("account_id"));
    const subscriptions = await readSubscriptions(pool, provider.id, account.id);
    const seen = subscriptions.filter(({ subscription }) => reaches(call.caller.reach, subscription.productId));
    return writeServiceContracts(call, seen);
  },
};
