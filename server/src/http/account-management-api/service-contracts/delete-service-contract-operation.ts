import { unsubscribe } from "#portal/applications/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const deleteServiceContractOperation: Operation = {
  title: "Service Subscription Delete",
  tag: "Accounts",
  says: "Ends a subscription of an account to a service, with its applications: all of them must be suspended.",
  method: "DELETE",
  path: "/accounts/{account_id}/service_contracts/{id}",
  deed: "change-portal",
  formats: xmlAndJson,

  async answer({ pool }, { provider, by, id }) {
    const which = { provider, accountId: id("account_id"), subscriptionId: id("id"), by };
    doneOrRefuse(await unsubscribe(pool, which));
    return {};
  },
};
