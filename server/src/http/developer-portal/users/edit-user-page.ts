import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readFieldsDefinitions, type FieldErrors } from "#portal/fields/index.ts";
import { updateUser } from "#portal/users/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { byDeveloper } from "../by-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { filledIn, valuesFor } from "../forms/defined-fields.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { fieldsOfUser } from "./fields-of-user.ts";
import { withUser, type Colleague } from "./with-user.ts";

/** What another user of the account is called, and the provider's other fields of it. */
export function addEditUserPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/edit",
    show: withUser(portal, (request, reply, colleague) => showUserForm(portal, request, reply, colleague)),
    take: withUser(portal, async (request, reply, colleague) => {
      const { user, developer } = colleague;
      const fields = fieldsOfUser(await readFieldsDefinitions(portal.pool, request.provider.id), user);
      const saved = await updateUser(portal.pool, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        values: valuesFor(fields, readForm(request.body)),
        writer: "developer",
        by: byDeveloper(portal, developer),
      });
      if (!saved) return showNotFound(reply);
      return "refused" in saved
        ? showUserForm(portal, request, reply, { ...colleague, errors: saved.refused })
        : goOnTo(reply, "/account/users", "saved");
    }),
  });
}

async function showUserForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, developer, errors }: Colleague & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const definitions = await readFieldsDefinitions(portal.pool, request.provider.id);
  return showForm(portal, request, reply, {
    title: `Edit ${user.username}`,
    fields: filledIn(fieldsOfUser(definitions, user), readForm(request.body)),
    submit: "Save",
    back: { href: "/account/users", text: "Users" },
    developer,
    errors,
  });
}
