import { deleteAccount } from "#portal/whole-accounts/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const deleteAccountOperation: Operation = {
  title: "Account Delete",
  tag: "Accounts",
  says: "Deletes an account with its users and its applications.",
  method: "DELETE",
  path: "/accounts/{id}",
  deed: "administer-portal",
  formats: xmlAndJson,

  async answer({ pool }, { provider, by, id }) {
    doneOrRefuse(await deleteAccount(pool, { provider, accountId: id("id"), by }));
    return {};
  },
};
