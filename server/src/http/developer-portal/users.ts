import type { FastifyInstance, FastifyReply } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import { activationUrl } from "#portal/providers/index.ts";
import { type FieldErrors, type FieldsDefinition, readFieldsDefinitions } from "#portal/fields/index.ts";
import {
  type User,
  type UserChange,
  changeUserRole,
  deleteUser,
  listUsers,
  readUser,
  sendActivation,
  updateUser,
} from "#portal/users/index.ts";
import {
  developerContext,
  type DeveloperPage,
  type DeveloperVisit,
  listPage,
  type Portal,
  readPathId,
  redirectWithNotice,
  requireDeveloper,
  showNotFound,
} from "./page.ts";
import {
  changedAddressErrors,
  type Form,
  type FormField,
  definedFields,
  earliestSubmissionMs,
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
  addEditUserPage(http, portal, mailLimiter);
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
      requireAdmin(async ({ request, reply, developer }) => {
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

/** A visit of a page of another user of the account. */
interface OtherUserVisit extends DeveloperVisit {
  readonly user: User;
}

/** Loads another user of the account from the path. Never the developer themselves, so an account keeps its last admin. */
const requireOtherUser =
  (page: (visit: OtherUserVisit) => Promise<FastifyReply>): DeveloperPage =>
  async (visit) => {
    const { portal, request, developer } = visit;
    const id = readPathId(request);
    const user = id === undefined ? undefined : await readUser(portal.pool, request.provider.id, id);
    const isOtherUser = user?.accountId === developer.account.id && user.id !== developer.user.id;
    return user && isOtherUser ? page({ ...visit, user }) : showNotFound(visit.reply);
  };

/** Returns the arguments shared by all use cases that change another user. */
const userChange = (visit: OtherUserVisit): UserChange => ({
  provider: visit.request.provider,
  accountId: visit.user.accountId,
  userId: visit.user.id,
  by: developerContext(visit),
});

/** Adds the form for another user's fields. */
function addEditUserPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/edit",
    show: requireOtherUser((visit) => showUserForm(visit)),
    submit: requireOtherUser(async (visit) => {
      const { request, reply, user } = visit;
      const fields = userFields(await readFieldsDefinitions(portal.pool, request.provider.id), user);
      const values = submittedValues(fields, readForm(request.body));
      const tooMany = await changedAddressErrors(limiter, visit, { user, values });
      if (tooMany) return showUserForm(visit, { errors: tooMany, status: 429 });
      const change = { ...userChange(visit), values, writer: "developer" } as const;
      const saved = await updateUser(portal.pool, portal.passwords, change);
      if (!saved) return showNotFound(reply);
      return "refused" in saved
        ? showUserForm(visit, { errors: saved.refused })
        : redirectWithNotice(reply, "/account/users", "saved");
    }),
  });
}

async function showUserForm(
  visit: OtherUserVisit,
  rejected: Pick<Form, "errors" | "status"> = {},
): Promise<FastifyReply> {
  const { portal, request, user } = visit;
  const definitions = await readFieldsDefinitions(portal.pool, request.provider.id);
  return showForm(visit, {
    title: `Edit ${user.username}`,
    fields: withSubmittedValues(userFields(definitions, user), readForm(request.body)),
    submit: "Save",
    back: usersLink,
    ...rejected,
  });
}

const usersLink = { href: "/account/users", text: "Users" };

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
    show: requireOtherUser(showRoleForm),
    submit: requireOtherUser(async (visit) => {
      const { role: submitted } = readForm(visit.request.body);
      const role = roles.find(({ value }) => value === submitted)?.value;
      if (role === undefined) return showRoleForm(visit, { role: notOffered });
      const saved = await changeUserRole(portal.pool, { ...userChange(visit), role });
      if (!saved) return showNotFound(visit.reply);
      return "refused" in saved
        ? showRoleForm(visit, saved.refused)
        : redirectWithNotice(visit.reply, "/account/users", "saved");
    }),
  });
}

const showRoleForm = (visit: OtherUserVisit, errors?: FieldErrors): Promise<FastifyReply> =>
  showForm(visit, {
    title: `Role of ${visit.user.username}`,
    lead: "Admins invite, edit and delete users, and edit the organization. Members manage its applications.",
    fields: withSubmittedValues([{ ...roleField, value: visit.user.role }], readForm(visit.request.body)),
    submit: "Save",
    back: usersLink,
    errors,
  });

/** Adds the form that sends a pending user a new activation email. */
function addSendActivationPage(http: FastifyInstance, portal: Portal, limiter: AttemptLimiter): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/activation",
    show: requireOtherUser(async (visit) =>
      visit.user.state === "pending" ? showActivationForm(visit) : showNotFound(visit.reply),
    ),
    submit: requireOtherUser(async (visit) => {
      const tooMany = await mailLimitErrors(limiter, visit);
      if (tooMany) return showActivationForm(visit, { errors: tooMany, status: 429 });
      const urlOf = activationUrl(portal, visit.request.provider);
      const change = userChange(visit);
      const sameAfterMs = earliestSubmissionMs(visit.request, change.by.now);
      const sent = await sendActivation(portal.pool, { ...change, urlOf, sameAfterMs });
      if (!sent) return showNotFound(visit.reply);
      return "refused" in sent
        ? showActivationForm(visit, { errors: sent.refused })
        : redirectWithNotice(visit.reply, "/account/users", "activation-sent");
    }),
  });
}

const showActivationForm = (
  visit: OtherUserVisit,
  rejected: { readonly errors?: FieldErrors; readonly status?: number } = {},
): Promise<FastifyReply> =>
  showForm(visit, {
    title: "Send the activation email?",
    lead: `${visit.user.username} will receive an email with an activation link. Links in earlier emails stop working.`,
    submit: "Send email",
    back: usersLink,
    ...rejected,
  });

/** Adds the form that confirms the deletion of a user. */
function addDeleteUserPage(http: FastifyInstance, portal: Portal): void {
  addAdminFormPage(http, portal, {
    path: "/account/users/:id/delete",
    show: requireOtherUser((visit) =>
      showForm(visit, {
        title: `Delete ${visit.user.username}?`,
        lead: `${visit.user.username} will be logged out and can no longer log in. This cannot be undone.`,
        submit: "Delete user",
        isDestructive: true,
        back: usersLink,
      }),
    ),
    submit: requireOtherUser(async (visit) => {
      const deleted = await deleteUser(portal.pool, userChange(visit));
      // The sender is an admin and remains, so only two admins who delete each other at once can meet the last admin.
      return deleted && "user" in deleted
        ? redirectWithNotice(visit.reply, "/account/users", "user-deleted")
        : showNotFound(visit.reply);
    }),
  });
}
