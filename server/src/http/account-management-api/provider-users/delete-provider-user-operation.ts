import { deleteProviderUser } from "#portal/provider-account/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { providerUserChangeOf } from "./provider-user-change-of.ts";

export const deleteProviderUserOperation: Operation = {
  title: "User Delete (provider account)",
  tag: "Provider",
  says: "Deletes one of the provider's own users with the access tokens, unless it is the last admin.",
  method: "DELETE",
  path: "/users/{id}",
  deed: "administer-provider",
  formats: xmlAndJson,

  async answer({ pool }, call) {
    doneOrRefuse(await deleteProviderUser(pool, providerUserChangeOf(call)));
    return {};
  },
};
