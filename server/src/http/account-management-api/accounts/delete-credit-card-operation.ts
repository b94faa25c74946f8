import { deleteCreditCard } from "#portal/whole-accounts/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const deleteCreditCardOperation: Operation = {
  title: "Account Delete Credit Card",
  tag: "Accounts",
  says: "Forgets the account's credit card, and whom it was billed to.",
  method: "DELETE",
  path: "/accounts/{id}/credit_card",
  deed: "change-credit-card",
  formats: xmlAndJson,

  async answer({ pool }, { provider, by, id }) {
    doneOrRefuse(await deleteCreditCard(pool, { provider, accountId: id("id"), by }));
    return {};
  },
};
