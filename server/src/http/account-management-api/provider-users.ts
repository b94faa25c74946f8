import { Type } from "typebox";
import { listProviderUsers, productScopeOf, type ProviderUser, readProviderUser } from "#access/index.ts";
import { type FieldErrors, Problem } from "#http/shared/problem.ts";
import { formatWait } from "#http/shared/sign-in.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { list, record, value } from "#platform/document.ts";
import { renderIndentedXml, renderXmlDocument } from "#platform/xml.ts";
import {
  activateProviderUser,
  addProviderUser,
  changeProviderUserPermissions,
  changeProviderUserRole,
  deleteProviderUser,
  memberSections,
  type Permissions,
  providerUserToJson,
  representProviderUser,
  suspendProviderUser,
  unsuspendProviderUser,
  updateProviderUser,
} from "#portal/provider-account/index.ts";
import {
  type ApiResponse,
  linksSchema,
  optionalText,
  renderJson,
  renderRefusedTransition,
  requireSuccess,
  type ResponseDoc,
} from "./responses.ts";
import { exampleAdminUrl, exampleProvider, exampleProviderUser } from "./example-portal.ts";
import { type Call, type Operation, type OperationNeeds, type Parameters, parseId, parseText } from "./operation.ts";
import { countNotice, isSent, parseUserFilter, UserFilterQuery, UserListSchema, UserSchema } from "./users.ts";

type ProviderContext = Pick<Call, "provider" | "adminUrl">;

const renderProviderUser = ({ provider, adminUrl }: ProviderContext, user: ProviderUser): ApiResponse => ({
  xml: () => renderXmlDocument(representProviderUser(user, provider)),
  json: () => renderJson(providerUserToJson(user, provider, adminUrl)),
  lastModified: user.updatedAt,
});

function renderProviderUsers({ provider, adminUrl }: ProviderContext, users: readonly ProviderUser[]): ApiResponse {
  const nodes = () => users.map((user) => representProviderUser(user, provider));
  return {
    xml: () => renderXmlDocument(list("users", nodes(), "open")),
    json: () => renderJson({ users: users.map((user) => providerUserToJson(user, provider, adminUrl)) }),
  };
}

const AllowedSections = Type.Array(Type.String({ enum: [...memberSections] }));

const PermissionsSchema = Type.Object({
  permissions: Type.Object(
    {
      user_id: Type.Integer(),
      role: Type.String({ enum: ["admin", "member"] }),
      allowed_sections: AllowedSections,
      allowed_service_ids: Type.Union([Type.Array(Type.Integer()), Type.Null()], {
        description: "Null: all services.",
      }),
      links: linksSchema,
    },
    { title: "Permissions" },
  ),
});

/** Renders the permissions of a provider's user. An admin has all of them. */
function renderPermissions(
  { provider, adminUrl }: ProviderContext,
  { id, role, sections, serviceIds }: Pick<ProviderUser, "id" | "role" | "sections" | "serviceIds">,
): ApiResponse {
  const allowed = (role === "admin" ? memberSections : sections).toSorted();
  const services = productScopeOf({ role, serviceIds });
  const links = [{ rel: "user", href: `${adminUrl}/admin/api/accounts/${provider.id}/users/${id}` }];
  const lists = [
    list(
      "allowed_sections",
      allowed.map((section) => value("allowed_section", section)),
      "alone",
    ),
    // All services: no element. No service: an empty element.
    ...(services
      ? [
          list(
            "allowed_service_ids",
            services.map((serviceId) => value("allowed_service_id", serviceId)),
            "alone",
          ),
        ]
      : []),
  ];
  return {
    xml: () => renderIndentedXml(record("permissions", [value("user_id", id), value("role", role), ...lists])),
    json: () =>
      renderJson({
        permissions: { user_id: id, role, allowed_sections: allowed, allowed_service_ids: services, links },
      }),
  };
}

const exampleContext = { provider: exampleProvider, adminUrl: exampleAdminUrl };

const providerUserResponse: ResponseDoc = {
  schema: UserSchema,
  example: renderProviderUser(exampleContext, exampleProviderUser),
};
const providerUsersResponse: ResponseDoc = {
  schema: UserListSchema,
  example: renderProviderUsers(exampleContext, [exampleProviderUser]),
};
const permissionsResponse: ResponseDoc = {
  schema: PermissionsSchema,
  example: renderPermissions(exampleContext, exampleProviderUser),
};

const providerUserTarget = ({ provider, by, id }: Call) => ({ provider, userId: id("id"), by });

/** Throws unless the caller is an admin, the provider key, or the user in the path. */
function requireSelfOrAdmin({ caller, id }: Call): void {
  const isSelf = "userId" in caller.actor && caller.actor.userId === id("id");
  if (caller.role === "member" && !isSelf) throw new Problem("role-missing");
}

const permissionParameters = {
  member_permission_ids: Type.Optional(AllowedSections),
  member_permission_service_ids: Type.Optional(
    Type.Array(Type.Integer(), { description: "Like `allowed_service_ids` of the permissions." }),
  ),
};

/** Updates a user. Users who change their own username, email address or password in the Admin Portal prove who they are. */
async function updateWithPasswordCheck(needs: OperationNeeds, call: Call): ReturnType<typeof updateProviderUser> {
  const { pool, passwords, teamMails } = needs;
  const { values, session, provider, id } = call;
  const user = await readProviderUser(pool, provider.id, id("id"));
  await countNotice({ teamMails }, call, { user, key: `team ${provider.id} ${id("id")}` });
  const permissions = parseUserPermissions(call);
  const update = { ...providerUserTarget(call), values, permissions, keptSession: session };
  if (!changesOwnSignIn(call)) return updateProviderUser(pool, passwords, update);
  const currentPassword = parseText(values["current_password"]) ?? "";
  return limitPasswordGuesses(needs, call, () => updateProviderUser(pool, passwords, { ...update, currentPassword }));
}

/**
 * Makes a change that the caller's own password proves, unless there were too many wrong ones. Throws a Problem then.
 */
export async function limitPasswordGuesses<Outcome extends object>(
  { passwordGuesses }: Pick<OperationNeeds, "passwordGuesses">,
  { provider, caller }: Pick<Call, "provider" | "caller">,
  change: () => Promise<Outcome | { readonly refused: FieldErrors } | undefined>,
): Promise<Outcome | { readonly refused: FieldErrors } | undefined> {
  if (caller.actor.kind !== "admin") return change();
  const guesser = `admin ${provider.id} ${caller.actor.userId}`;
  const retryAfterSeconds = await passwordGuesses.secondsToWait(guesser);
  if (retryAfterSeconds > 0) {
    const detail = `Too many attempts. Please try again ${formatWait(retryAfterSeconds)}.`;
    throw new Problem("too-many-bad-credentials", { detail, retryAfterSeconds });
  }
  const outcome = await change();
  const refused = outcome && "refused" in outcome ? outcome.refused : {};
  const isWrong = refused["current_password"] !== undefined;
  if (!isWrong) await passwordGuesses.forget(guesser);
  return outcome;
}

/** Returns true only for sessions: as in 3scale, tokens and keys change these without the current password. */
const changesOwnSignIn = ({ caller: { actor }, values, id }: Call): boolean =>
  actor.kind === "admin" &&
  actor.userId === id("id") &&
  ((parseText(values["password"]) ?? "") !== "" || isSent(values["username"]) || isSent(values["email"]));

interface Transition extends Pick<Operation, "title" | "description"> {
  readonly event: string;
  /** The refusal of this transition shows the user, as in 3scale. */
  readonly refusalShowsUser?: true;
  readonly apply: (
    pool: Pool,
    target: ReturnType<typeof providerUserTarget>,
  ) => ReturnType<typeof activateProviderUser>;
}

const transitionOperation = ({ event, title, description, refusalShowsUser, apply }: Transition): Operation => ({
  title: `${title} (provider account)`,
  description,
  method: "PUT",
  path: `/users/{id}/${event}`,
  action: "administer-provider",
  otherErrors: [422],
  response: providerUserResponse,

  async handle({ pool }, call) {
    const outcome = await apply(pool, providerUserTarget(call));
    if (refusalShowsUser && outcome && "refused" in outcome) return renderRefusal(pool, call, event);
    return renderProviderUser(call, requireSuccess(outcome).user);
  },
});

async function renderRefusal(db: Database, call: Call, event: string): Promise<ApiResponse> {
  const { provider, adminUrl, id } = call;
  const user = requireSuccess(await readProviderUser(db, provider.id, id("id")));
  return renderRefusedTransition({
    from: user.state,
    event,
    object: {
      xml: () => representProviderUser(user, provider),
      json: () => providerUserToJson(user, provider, adminUrl),
    },
  });
}

/** Parses permissions under the given parameter names. Undefined permissions stay unchanged. */
function parsePermissions(
  values: Parameters,
  names: { readonly sections: string; readonly services: string },
): Permissions {
  const [sections, services] = [values[names.sections], values[names.services]];
  return {
    sections: sections === undefined || isNone(sections) ? undefined : parseTexts(sections), // 3scale reads only a list
    serviceIds:
      services === undefined
        ? undefined
        : isNone(services) // all services, and an empty list is none of them
          ? null
          : parseTexts(services).map((text) => parseId(text) ?? 0),
  };
}

/** Parses the permissions in a user's own parameters. Members cannot grant any: as in 3scale, theirs are ignored. */
const parseUserPermissions = ({ caller, values }: Call): Permissions =>
  caller.role === "member"
    ? {}
    : parsePermissions(values, { sections: "member_permission_ids", services: "member_permission_service_ids" });

/** Forms have no null, so an empty text stands for it. */
const isNone = (sent: unknown): boolean => sent === null || sent === "";

const parseTexts = (values: unknown): readonly string[] =>
  [values ?? []]
    .flat()
    .map((item) => parseText(item) ?? "")
    .filter((text) => text !== "" && text !== "[]"); // 3scale's clients send an empty list in a form as "[]"

export const providerUserOperations: readonly Operation[] = [
  {
    title: "User List (provider account)",
    description: "Lists the provider's own users.",
    method: "GET",
    path: "/users",
    action: "list-provider-users",
    query: UserFilterQuery,
    response: providerUsersResponse,
    async handle({ pool }, call) {
      return renderProviderUsers(call, await listProviderUsers(pool, call.provider.id, parseUserFilter(call.query)));
    },
  },
  {
    title: "User Create (provider account)",
    description:
      "Creates a member of the provider account with these permissions. The user is pending until activated.",
    method: "POST",
    path: "/users",
    action: "administer-provider",
    body: Type.Object(
      {
        username: Type.String(),
        email: Type.String(),
        password: Type.Optional(Type.String({ description: "If absent, an admin sets it later." })),
        password_confirmation: optionalText,
        ...permissionParameters,
      },
      { examples: [{ username: "grace", email: "grace@acme.example", password: "a long password" }] },
    ),
    response: providerUserResponse,
    async handle({ pool, passwords }, call) {
      const { provider, values, by } = call;
      const { user } = requireSuccess(
        await addProviderUser(pool, passwords, { provider, values, permissions: parseUserPermissions(call), by }),
      );
      return { ...renderProviderUser(call, user), location: `/users/${user.id}` };
    },
  },
  {
    title: "User Read (provider account)",
    description: "Returns one of the provider's own users. Members can read only themselves.",
    method: "GET",
    path: "/users/{id}",
    action: "read-own",
    response: providerUserResponse,
    async handle({ pool }, call) {
      requireSelfOrAdmin(call);
      return renderProviderUser(call, requireSuccess(await readProviderUser(pool, call.provider.id, call.id("id"))));
    },
  },
  {
    title: "User Update (provider account)",
    description:
      "Updates one of the provider's own users. Members can update only themselves. Absent fields keep their values. A new password ends the user's sessions. A new email address or password is mailed to the user, at the former address, unless the user is pending.",
    method: "PUT",
    path: "/users/{id}",
    action: "change-own",
    body: Type.Object(
      {
        username: optionalText,
        email: optionalText,
        password: optionalText,
        password_confirmation: optionalText,
        ...permissionParameters,
        current_password: Type.Optional(
          Type.String({
            description:
              "Required only in the Admin Portal, from users who change their own username, email address or password. Their current session continues. Users without a password, or with `enforce_sso`, must have signed in within the last 10 minutes instead.",
          }),
        ),
      },
      { examples: [{ email: "grace.h@acme.example" }] },
    ),
    response: providerUserResponse,
    async handle(needs, call) {
      requireSelfOrAdmin(call);
      return renderProviderUser(call, requireSuccess(await updateWithPasswordCheck(needs, call)).user);
    },
  },
  {
    title: "User Delete (provider account)",
    description: "Deletes one of the provider's own users and the user's access tokens, unless it is the last admin.",
    method: "DELETE",
    path: "/users/{id}",
    action: "administer-provider",
    async handle({ pool }, call) {
      requireSuccess(await deleteProviderUser(pool, providerUserTarget(call)));
      return {};
    },
  },
  transitionOperation({
    event: "activate",
    title: "User Activate",
    description: "Activates one of the provider's own users who is pending.",
    apply: activateProviderUser,
  }),
  transitionOperation({
    event: "admin",
    title: "User Change Role to Admin",
    description: "Makes one of the provider's own users an admin.",
    apply: (pool, target) => changeProviderUserRole(pool, { ...target, role: "admin" }),
  }),
  transitionOperation({
    event: "member",
    title: "User Change Role to Member",
    description: "Makes one of the provider's own users a member, with the permissions of the allowed sections.",
    apply: (pool, target) => changeProviderUserRole(pool, { ...target, role: "member" }),
  }),
  {
    title: "User Permissions Read",
    description: "Returns the permissions of one of the provider's own users. Members can read only their own.",
    method: "GET",
    path: "/users/{id}/permissions",
    action: "read-own",
    response: permissionsResponse,
    async handle({ pool }, call) {
      requireSelfOrAdmin(call);
      return renderPermissions(call, requireSuccess(await readProviderUser(pool, call.provider.id, call.id("id"))));
    },
  },
  {
    title: "User Permissions Update",
    description:
      "Replaces a member's permissions: the sections, and the services they apply to. Absent fields keep their values; unknown " +
      "sections are ignored. An admin has all permissions, so only the provider key can set those that apply once the admin " +
      "becomes a member.",
    method: "PUT",
    path: "/users/{id}/permissions",
    action: "administer-provider",
    body: Type.Object(
      {
        allowed_sections: Type.Optional(AllowedSections),
        allowed_service_ids: Type.Optional(
          Type.Array(Type.Integer(), {
            description:
              "The services that the member can access, with their plans and applications. Null or an empty text: all.",
          }),
        ),
      },
      { examples: [{ allowed_sections: ["partners", "plans"], allowed_service_ids: [7] }] },
    ),
    wrapper: "permissions",
    response: permissionsResponse,
    async handle({ pool }, call) {
      const { provider, caller } = call;
      const target = requireSuccess(await readProviderUser(pool, provider.id, call.id("id")));
      if (target.role === "admin" && caller.actor.kind !== "key") throw new Problem("role-missing");
      const names = { sections: "allowed_sections", services: "allowed_service_ids" };
      const permissions = parsePermissions(call.values, names);
      const outcome = await changeProviderUserPermissions(pool, { ...providerUserTarget(call), permissions });
      return renderPermissions(call, requireSuccess(outcome).user);
    },
  },
  transitionOperation({
    event: "suspend",
    title: "User Suspend",
    description: "Suspends one of the provider's own users. Sessions and access tokens stop working immediately.",
    refusalShowsUser: true,
    apply: suspendProviderUser,
  }),
  transitionOperation({
    event: "unsuspend",
    title: "User Unsuspend",
    description: "Makes a suspended user of the provider active again.",
    apply: unsuspendProviderUser,
  }),
];
