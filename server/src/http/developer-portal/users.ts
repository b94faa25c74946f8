import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import { activationUrl } from "#portal/providers/index.ts";
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
import {
  type Developer,
  developerContext,
  type DeveloperPage,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  requireDeveloper,
  showNotFound,
} from "./page.ts";
import {
  type FormField,
  definedFields,
  notOffered,
  submittedValues,
  withSubmittedValues,
  addAdminFormPage,
  mailLimitErrors,
  requireAdmin,
  showForm,
} from "./forms.ts";

/** Adds the pages of the account's users. */
export function addUsersPages(http: FastifyInstance, portal: Portal, mailLimiter: AttemptLimiter): void {
  addUsersRoute(http, portal);
  addEditUserPage(http, portal);
  addUserRolePage(http, portal);
  addDeleteUserPage(http, portal);
  addSendActivationPage(http, portal, mailLimiter);
}

/** Adds the list of the account's users. */
function addUsersRoute(http: FastifyInstance, portal: Portal): void {
  http.get(
    "/account/users",
    requireDeveloper(
      portal,
      requireAdmin(portal, async (request, reply, developer) => {
        const users = await listUsers(portal.pool, request.provider.id, developer.account.id);
        const { title, rows, ...page } = listPage(
          request,
          "Users",
          users,
          ({ username, email }) => `${username} ${email ?? ""}`,
        );
        return portal.showPage(request, reply, {
          template: "users",
          title,
          developer,
          data: {
            ...page,
            users: rows.map(({ id, username, email, role, state }) => ({
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

/** Another user of the account, and the developer who opened the page. */
interface OtherUser {
  readonly user: User;
  readonly developer: Developer;
}

type OtherUserPage = (request: FastifyRequest, reply: FastifyReply, otherUser: OtherUser) => Promise<FastifyReply>;

/** Loads another user of the account from the path. Never the developer themselves, so an account keeps its last admin. */
const requireOtherUser =
  ({ pool }: Portal, page: OtherUserPage): DeveloperPage =>
  async (request, reply, developer) => {
    const id = readPathId(request);
    const user = id === undefined ? undefined : await readUser(pool, request.provider.id, id);
    const isOtherUser = user?.accountId === developer.account.id && user.id !== developer.user.id;
    return user && isOtherUser ? page(request, reply, { user, developer }) : showNotFound(reply);
  };

/** Adds the form for another user's fields. */
function addEditUserPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/edit",
    show: requireOtherUser(portal, (request, reply, otherUser) => showUserForm(portal, request, reply, otherUser)),
    submit: requireOtherUser(portal, async (request, reply, otherUser) => {
      const { user, developer } = otherUser;
      const fields = userFields(await readFieldsDefinitions(portal.pool, request.provider.id), user);
      const saved = await updateUser(portal.pool, portal.passwords, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        values: submittedValues(fields, readForm(request.body)),
        writer: "developer",
        by: developerContext(portal, developer),
      });
      if (!saved) return showNotFound(reply);
      return "refused" in saved
        ? showUserForm(portal, request, reply, { ...otherUser, errors: saved.refused })
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

/** Returns the fields of a user that developers may edit, with their values. */
export const userFields = (definitions: readonly FieldsDefinition[], user: User): readonly FormField[] =>
  definedFields(definitions, "User", { ...user.fields, username: user.username, email: user.email ?? "" });

const roles = [
  { value: "member", text: "Member" },
  { value: "admin", text: "Admin" },
] as const;

const roleField: FormField = { name: "role", label: "Role", type: "text", required: true, options: roles };

/** Adds the form for another user's role. */
function addUserRolePage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/role",
    show: requireOtherUser(portal, (request, reply, otherUser) => showRoleForm(portal, request, reply, otherUser)),
    submit: requireOtherUser(portal, async (request, reply, otherUser) => {
      const { role: submitted } = readForm(request.body);
      const role = roles.find(({ value }) => value === submitted)?.value;
      if (role === undefined) {
        return showRoleForm(portal, request, reply, { ...otherUser, errors: { role: notOffered } });
      }
      const { user, developer } = otherUser;
      const saved = await changeUserRole(portal.pool, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        role,
        by: developerContext(portal, developer),
      });
      if (!saved) return showNotFound(reply);
      return "refused" in saved
        ? showRoleForm(portal, request, reply, { ...otherUser, errors: saved.refused })
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
    lead: "Admins invite, edit and delete users, and edit the organization. Members manage its applications.",
    fields: withSubmittedValues([{ ...roleField, value: user.role }], readForm(request.body)),
    submit: "Save",
    back: { href: "/account/users", text: "Users" },
    developer,
    errors,
  });

/** Adds the form that sends a pending user a new activation email. */
function addSendActivationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/activation",
    show: requireOtherUser(portal, async (request, reply, otherUser) =>
      otherUser.user.state === "pending" ? showActivationForm(portal, request, reply, otherUser) : showNotFound(reply),
    ),
    submit: requireOtherUser(portal, async (request, reply, otherUser) => {
      const tooMany = await mailLimitErrors(limiter, request, otherUser.developer);
      if (tooMany) return showActivationForm(portal, request, reply, { ...otherUser, errors: tooMany, status: 429 });
      const { provider } = request;
      const sent = await sendActivation(portal.pool, {
        provider,
        accountId: otherUser.user.accountId,
        userId: otherUser.user.id,
        urlOf: activationUrl(portal, provider),
        by: developerContext(portal, otherUser.developer),
      });
      if (!sent) return showNotFound(reply);
      return "refused" in sent
        ? showActivationForm(portal, request, reply, { ...otherUser, errors: sent.refused })
        : redirectWithNotice(reply, "/account/users", "activation-sent");
    }),
  });
}

const showActivationForm = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, developer, ...rejected }: OtherUser & { readonly errors?: FieldErrors; readonly status?: number },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Send the activation email?",
    lead: `${user.username} will receive an email with an activation link. Links in earlier emails stop working.`,
    submit: "Send email",
    back: { href: "/account/users", text: "Users" },
    developer,
    ...rejected,
  });

/** Adds the form that confirms the deletion of a user. */
function addDeleteUserPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/delete",
    show: requireOtherUser(portal, (request, reply, { user, developer }) =>
      showForm(portal, request, reply, {
        title: `Delete ${user.username}?`,
        lead: `${user.username} will be logged out and can no longer log in. This cannot be undone.`,
        submit: "Delete user",
        isDestructive: true,
        back: { href: "/account/users", text: "Users" },
        developer,
      }),
    ),
    submit: requireOtherUser(portal, async (request, reply, { user, developer }) => {
      const deleted = await deleteUser(portal.pool, {
        provider: request.provider,
        accountId: user.accountId,
        userId: user.id,
        by: developerContext(portal, developer),
      });
      // The sender is an admin and remains, so only two admins who delete each other at once can meet the last admin.
      return deleted && "user" in deleted
        ? redirectWithNotice(reply, "/account/users", "user-deleted")
        : showNotFound(reply);
    }),
  });
}
