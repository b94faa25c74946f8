import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import { activationUrl } from "#http/shared/mailed-links.ts";
import { type FieldErrors, type FieldsDefinition, readFieldsDefinitions } from "#portal/fields/index.ts";
import {
  type User,
  changeUserRole,
  deleteUser,
  listUsers,
  readUser,
  sendActivation,
  updateUser,
} from "#portal/users/index.ts";
import { type Developer, byDeveloper } from "./developer.ts";
import { type FormField, definedFields, notOffered, submittedValues, withSubmittedValues } from "./form-fields.ts";
import {
  type DeveloperPage,
  addAdminFormPage,
  mailLimitErrors,
  requireAdmin,
  requireDeveloper,
  showForm,
} from "./form-pages.ts";
import { showNotFound } from "./message-pages.ts";
import { type Portal, readPathId, redirectWithNotice } from "./page.ts";

/** Everybody who is in the account. */
export function addUsersRoute(http: FastifyInstance, portal: Portal): void {
  http.get(
    "/account/users",
    requireDeveloper(
      portal,
      requireAdmin(portal, async (request, reply, developer) => {
        const users = await listUsers(portal.pool, request.provider.id, developer.account.id);
        return portal.showPage(request, reply, {
          template: "users",
          title: "Users",
          developer,
          data: {
            users: users.map(({ id, username, email, role, state }) => ({
              id,
              username,
              email,
              role,
              state,
              is_me: id === developer.user.id,
            })),
          },
        });
      }),
    ),
  );
}

/** Another user of one's own account, and whoever looks at it. */
interface OtherUser {
  readonly user: User;
  readonly developer: Developer;
}

type OtherUserPage = (request: FastifyRequest, reply: FastifyReply, colleague: OtherUser) => Promise<FastifyReply>;

/** A page of a user whom the path names. Nobody deletes or demotes themselves, so an account keeps its last admin. */
const requireOtherUser =
  ({ pool }: Portal, page: OtherUserPage): DeveloperPage =>
  async (request, reply, developer) => {
    const id = readPathId(request);
    const user = id === undefined ? undefined : await readUser(pool, request.provider.id, id);
    const isColleague = user?.accountId === developer.account.id && user.id !== developer.user.id;
    return user && isColleague ? page(request, reply, { user, developer }) : showNotFound(reply);
  };

/** What another user of the account is called, and the provider's other fields of it. */
export function addEditUserPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/edit",
    show: requireOtherUser(portal, (request, reply, colleague) => showUserForm(portal, request, reply, colleague)),
    take: requireOtherUser(portal, async (request, reply, colleague) => {
      const { user, developer } = colleague;
      const fields = userFields(await readFieldsDefinitions(portal.pool, request.provider.id), user);
      const saved = await updateUser(portal.pool, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        values: submittedValues(fields, readForm(request.body)),
        writer: "developer",
        by: byDeveloper(portal, developer),
      });
      if (!saved) return showNotFound(reply);
      return "refused" in saved
        ? showUserForm(portal, request, reply, { ...colleague, errors: saved.refused })
        : redirectWithNotice(reply, "/account/users", "saved");
    }),
  });
}

async function showUserForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, developer, errors }: OtherUser & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const definitions = await readFieldsDefinitions(portal.pool, request.provider.id);
  return showForm(portal, request, reply, {
    title: `Edit ${user.username}`,
    fields: withSubmittedValues(userFields(definitions, user), readForm(request.body)),
    submit: "Save",
    back: { href: "/account/users", text: "Users" },
    developer,
    errors,
  });
}

/** What developers may write of a user, with what it holds. */
export const userFields = (definitions: readonly FieldsDefinition[], user: User): readonly FormField[] =>
  definedFields(definitions, "User", { ...user.fields, username: user.username, email: user.email ?? "" });

const roles = [
  { value: "member", text: "Member" },
  { value: "admin", text: "Admin" },
] as const;

/** Whether another user of the account is an admin of it. */
export function addUserRolePage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/role",
    show: requireOtherUser(portal, (request, reply, colleague) => showRoleForm(portal, request, reply, colleague)),
    take: requireOtherUser(portal, async (request, reply, colleague) => {
      const { role } = readForm(request.body);
      const wanted = roles.find(({ value }) => value === role)?.value;
      if (wanted === undefined) {
        return showRoleForm(portal, request, reply, { ...colleague, errors: { role: notOffered } });
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
        ? showRoleForm(portal, request, reply, { ...colleague, errors: saved.refused })
        : redirectWithNotice(reply, "/account/users", "saved");
    }),
  });
}

const showRoleForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, developer, errors }: OtherUser & { readonly errors?: FieldErrors },
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

/** Writes once more to a user who has never opened the activation mail, or never got one. */
export function addSendActivationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/activation",
    show: requireOtherUser(portal, async (request, reply, colleague) =>
      colleague.user.state === "pending" ? showActivationForm(portal, request, reply, colleague) : showNotFound(reply),
    ),
    take: requireOtherUser(portal, async (request, reply, colleague) => {
      const tooMany = await mailLimitErrors(limiter, request, colleague.developer);
      if (tooMany) return showActivationForm(portal, request, reply, { ...colleague, errors: tooMany, status: 429 });
      const { provider } = request;
      const sent = await sendActivation(portal.pool, {
        provider,
        accountId: colleague.user.accountId,
        userId: colleague.user.id,
        urlOf: activationUrl(portal, provider),
        by: byDeveloper(portal, colleague.developer),
      });
      if (!sent) return showNotFound(reply);
      return "refused" in sent
        ? showActivationForm(portal, request, reply, { ...colleague, errors: sent.refused })
        : redirectWithNotice(reply, "/account/users", "activation-sent");
    }),
  });
}

const showActivationForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, developer, ...again }: OtherUser & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Send the activation mail?",
    lead: `${user.username} gets a mail with a link that activates the user. The link in a mail before opens nothing any more.`,
    submit: "Send the mail",
    back: { href: "/account/users", text: "Users" },
    developer,
    ...again,
  });

/** Asks first, since nobody gets a deleted user back. */
export function addDeleteUserPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/delete",
    show: requireOtherUser(portal, (request, reply, { user, developer }) =>
      showForm(portal, request, reply, {
        title: `Delete ${user.username}?`,
        lead: `${user.username} is logged out and cannot log in any more. This cannot be undone.`,
        submit: "Delete user",
        isGrave: true,
        back: { href: "/account/users", text: "Users" },
        developer,
      }),
    ),
    take: requireOtherUser(portal, async (request, reply, { user, developer }) => {
      const deleted = await deleteUser(portal.pool, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        by: byDeveloper(portal, developer),
      });
      // Whoever sends this is an admin and stays: the last admin is only met by two who delete each other at once.
      return deleted && "user" in deleted
        ? redirectWithNotice(reply, "/account/users", "user-deleted")
        : showNotFound(reply);
    }),
  });
}
