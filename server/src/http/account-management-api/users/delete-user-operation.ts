import { deleteUser } from "#portal/users/index.ts";
import { Problem } from "#http/shared/problem.ts";
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
    const deleted = doneOrRefuse(await deleteUser(pool, userChangeOf(call)));
    if ("notAllowed" in deleted) throw new Problem("not-deletable", { errors: { base: ["is the last admin"] } });
    return {};
  },
};
