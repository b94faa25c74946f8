import { deleteUser } from "#portal/users/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { userChangeOf } from "./user-change-of.ts";

export const deleteUserOperation: Operation = {
  title: "User Delete",
  tag: "Users",
  says: "Deletes a user of an account, unless it is the account's last admin.",
  method: "DELETE",
  path: "/accounts/{account_id}/users/{id}",
  deed: "change-portal",
  formats: xmlAndJson,

  async answer({ pool }, call) {
    doneOrRefuse(await deleteUser(pool, userChangeOf(call)));
    return {};
  },
};
