import { Type } from "typebox";
import { addProviderUser } from "#portal/provider-account/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerProviderUser } from "./answer-provider-user.ts";
import { optionalText } from "../answers/schema-parts.ts";
import { providerUserAnswer } from "./provider-user-answers.ts";
import { permissionsOfUser } from "./permissions-schema.ts";
import { readPermissionsOfUser } from "./read-permissions.ts";

export const createProviderUserOperation: Operation = {
  title: "User Create (provider account)",
  tag: "Provider",
  says: "Adds a member to the provider's own users, who waits to be activated, and may do what is permitted here.",
  method: "POST",
  path: "/users",
  deed: "administer-provider",
  formats: xmlAndJson,
  body: Type.Object(
    {
      username: Type.String(),
      email: Type.String(),
      password: Type.Optional(Type.String({ description: "Without one, an admin sets it later." })),
      password_confirmation: optionalText,
      ...permissionsOfUser,
    },
    { examples: [{ username: "grace", email: "grace@acme.example", password: "a long password" }] },
  ),
  answers: providerUserAnswer,

  async answer({ pool }, call) {
    const { provider, values, by, adminUrl } = call;
    const { user } = doneOrRefuse(
      await addProviderUser(pool, { provider, values, permissions: readPermissionsOfUser(call), by }),
    );
    return { ...answerProviderUser(call, user), status: 201, location: `${adminUrl}/admin/api/users/${user.id}` };
  },
};
