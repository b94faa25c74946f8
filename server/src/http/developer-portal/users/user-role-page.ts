import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { FieldErrors } from "#portal/fields/index.ts";
import { changeUserRole } from "#portal/users/index.ts";
import { readForm } from "../../shared/read-form.ts";
import { byDeveloper } from "../by-developer.ts";
import { addAdminFormPage } from "../forms/add-form-page.ts";
import { notOffered } from "../forms/form-field.ts";
import { showForm } from "../forms/show-form.ts";
import { goOnTo } from "../go-on-to.ts";
import { showNotFound } from "../show-not-found.ts";
import type { Portal } from "../show-page.ts";
import { withUser, type Colleague } from "./with-user.ts";

const roles = [
  { value: "member", text: "Member" },
  { value: "admin", text: "Admin" },
] as const;

/** Whether another user of the account is an admin of it. */
export function addUserRolePage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/role",
    show: withUser(portal, (request, reply, colleague) => showRole(portal, request, reply, colleague)),
    take: withUser(portal, async (request, reply, colleague) => {
      const { role } = readForm(request.body);
      const wanted = roles.find(({ value }) => value === role)?.value;
      if (wanted === undefined) {
        return showRole(portal, request, reply, { ...colleague, errors: { role: notOffered } });
      }
      const { user, developer } = colleague;
      const saved = await changeUserRole(portal.pool, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        role: wanted,
        by: byDeveloper(portal, developer),
      });
      if (!saved) return showNotFound(reply);
      return "refused" in saved
        ? showRole(portal, request, reply, { ...colleague, errors: saved.refused })
        : goOnTo(reply, "/account/users", "saved");
    }),
  });
}

const showRole = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, developer, errors }: Colleague & { readonly errors?: FieldErrors },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: `Role of ${user.username}`,
    lead: "Admins invite, change and delete users, and edit the organization. Members use its applications.",
    fields: [{ name: "role", label: "Role", type: "text", required: true, options: roles, value: user.role }],
    submit: "Save",
    back: { href: "/account/users", text: "Users" },
    developer,
    errors,
  });
