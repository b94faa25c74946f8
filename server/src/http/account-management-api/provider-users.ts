import { Type } from "typebox";
import { type ProviderUser, listProviderUsers, productScopeOf, readProviderUser } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { formatWait } from "#http/shared/sign-in-limits.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { list, record, value } from "#platform/document.ts";
import { renderIndentedXml, renderXmlDocument } from "#platform/xml.ts";
import {
  type Permissions,
  activateProviderUser,
  addProviderUser,
  changeProviderUserPermissions,
  changeProviderUserRole,
  deleteProviderUser,
  memberSections,
  providerUserToJson,
  representProviderUser,
  suspendProviderUser,
  unsuspendProviderUser,
  updateProviderUser,
} from "#portal/provider-account/index.ts";
import { renderRefusedTransition, requireSuccess } from "./error-responses.ts";
import { exampleAdminUrl, exampleProvider, exampleProviderUser } from "./example-portal.ts";
import { type Call, type Operation, type OperationNeeds, xmlAndJson } from "./operation.ts";
import { type Parameters, parseId, parseText } from "./parameters.ts";
import { type ApiResponse, type ResponseDoc, renderJson } from "./responses.ts";
import { optionalText } from "./schema-parts.ts";
import { UserListSchema, UserSchema } from "./users.ts";

/** One of the provider's own users in both formats. */
const renderProviderUser = (
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  user: ProviderUser,
): ApiResponse => ({
  xml: () => renderXmlDocument(representProviderUser(user, provider)),
  json: () => renderJson(providerUserToJson(user, provider, adminUrl)),
  lastModified: user.updatedAt,
});

/** The provider's own users in both formats. */
function renderProviderUsers(
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  users: readonly ProviderUser[],
): ApiResponse {
  const nodes = () => users.map((user) => representProviderUser(user, provider));
  return {
    xml: () => renderXmlDocument(list("users", nodes(), "open")),
    json: () => renderJson({ users: users.map((user) => providerUserToJson(user, provider, adminUrl)) }),
  };
}

/** Which of the provider's own users a call is to change, and who wants it. */
const providerUserTarget = ({ provider, by, id }: Call) => ({ provider, userId: id("id"), by });

/** A member sees and changes himself; an admin, and the provider key, everybody. */
function requireSelfOrAdmin({ caller, id }: Call): void {
  const isOwn = "userId" in caller.actor && caller.actor.userId === id("id");
  if (caller.role === "member" && !isOwn) throw new Problem("role-missing");
}

const AllowedSections = Type.Array(Type.String({ enum: [...memberSections] }));

/** What may come with a user. */
const permissionsOfUser = {
  member_permission_ids: Type.Optional(AllowedSections),
  member_permission_service_ids: Type.Optional(
    Type.Array(Type.Integer(), { description: "As `allowed_service_ids` of the permissions." }),
  ),
};

const PermissionsSchema = Type.Object({
  permissions: Type.Object(
    {
      user_id: Type.Integer(),
      role: Type.String({ enum: ["admin", "member"] }),
      allowed_sections: AllowedSections,
      allowed_service_ids: Type.Union([Type.Array(Type.Integer()), Type.Null()], { description: "Null: all." }),
      links: Type.Array(Type.Object({ rel: Type.String(), href: Type.String({ format: "uri" }) })),
    },
    { title: "Permissions" },
  ),
});

/** What somebody of the provider's own may do, in both formats. An admin may do all. */
function renderPermissions(
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  { id, role, sections, serviceIds }: Pick<ProviderUser, "id" | "role" | "sections" | "serviceIds">,
): ApiResponse {
  const allowed = (role === "admin" ? memberSections : sections).toSorted();
  const services = productScopeOf({ role, serviceIds });
  const links = [{ rel: "user", href: `${adminUrl}/admin/api/accounts/${provider.id}/users/${id}` }];
  const lists = [
    list(
      "allowed_sections",
      allowed.map((it) => value("allowed_section", it)),
      "alone",
    ),
    // Without the element, all: an empty one is none.
    ...(services
      ? [
          list(
            "allowed_service_ids",
            services.map((it) => value("allowed_service_id", it)),
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

/** Of the provider's own users. */
const providerUserResponse: ResponseDoc = {
  schema: UserSchema,
  example: renderProviderUser({ provider: exampleProvider, adminUrl: exampleAdminUrl }, exampleProviderUser),
};
const providerUsersResponse: ResponseDoc = {
  schema: UserListSchema,
  example: renderProviderUsers({ provider: exampleProvider, adminUrl: exampleAdminUrl }, [exampleProviderUser]),
};
const permissionsResponse: ResponseDoc = {
  schema: PermissionsSchema,
  example: renderPermissions({ provider: exampleProvider, adminUrl: exampleAdminUrl }, exampleProviderUser),
};

export const listProviderUsersOperation: Operation = {
  title: "User List (provider account)",
  tag: "Provider",
  description: "Returns the provider's own users.",
  method: "GET",
  path: "/users",
  action: "list-provider-users",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "suspended", "active"], description: "Those that are in this state." }),
    ),
    role: Type.Optional(Type.String({ enum: ["member", "admin"], description: "Those that have this role." })),
  }),
  response: providerUsersResponse,

  async handle({ pool }, { provider, adminUrl, query }) {
    const filter = { state: parseText(query["state"]) || undefined, role: parseText(query["role"]) || undefined };
    const users = await listProviderUsers(pool, provider.id, filter);
    return renderProviderUsers({ provider, adminUrl }, users);
  },
};

export const createProviderUserOperation: Operation = {
  title: "User Create (provider account)",
  tag: "Provider",
  description:
    "Adds a member to the provider's own users, who waits to be activated, and may do what is permitted here.",
  method: "POST",
  path: "/users",
  action: "administer-provider",
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
  response: providerUserResponse,

  async handle({ pool }, call) {
    const { provider, values, by, adminUrl } = call;
    const { user } = requireSuccess(
      await addProviderUser(pool, { provider, values, permissions: parseUserPermissions(call), by }),
    );
    return { ...renderProviderUser(call, user), status: 201, location: `${adminUrl}/admin/api/users/${user.id}` };
  },
};

export const readProviderUserOperation: Operation = {
  title: "User Read (provider account)",
  tag: "Provider",
  description: "Returns one of the provider's own users. A member reads himself alone.",
  method: "GET",
  path: "/users/{id}",
  action: "read-own",
  formats: xmlAndJson,
  response: providerUserResponse,

  async handle({ pool }, call) {
    requireSelfOrAdmin(call);
    return renderProviderUser(call, requireSuccess(await readProviderUser(pool, call.provider.id, call.id("id"))));
  },
};

export const updateProviderUserOperation: Operation = {
  title: "User Update (provider account)",
  tag: "Provider",
  description:
    "Changes one of the provider's own users; a member changes himself alone. What is left out stays as it is. A new password ends the user's sessions.",
  method: "PUT",
  path: "/users/{id}",
  action: "change-own",
  formats: xmlAndJson,
  body: Type.Object(
    {
      username: optionalText,
      email: optionalText,
      password: optionalText,
      password_confirmation: optionalText,
      ...permissionsOfUser,
      current_password: Type.Optional(
        Type.String({
          description:
            "Asked only of who is signed in to the Admin Portal and chooses a password for himself. His session there stays.",
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
};

/** Changes one of the provider's own users. Who is signed in and wants another password must know the one that is there. */
async function updateWithPasswordCheck(
  { pool, passwordGuesses }: Pick<OperationNeeds, "pool" | "passwordGuesses">,
  call: Call,
): ReturnType<typeof updateProviderUser> {
  const { values, session } = call;
  const permissions = parseUserPermissions(call);
  const update = { ...providerUserTarget(call), values, permissions, keptSession: session };
  if (!choosesOwnPassword(call)) return updateProviderUser(pool, update);

  const guesser = `admin ${update.provider.id} ${update.userId}`;
  const retryAfterSeconds = await passwordGuesses.secondsToWait(guesser);
  if (retryAfterSeconds > 0) {
    const detail = `Too many attempts. Please try again ${formatWait(retryAfterSeconds)}.`;
    throw new Problem("too-many-bad-credentials", { detail, retryAfterSeconds });
  }
  const currentPassword = parseText(values["current_password"]) ?? "";
  const outcome = await updateProviderUser(pool, { ...update, currentPassword });
  const isWrong = outcome && "refused" in outcome && outcome.refused["current_password"] !== undefined;
  if (!isWrong) await passwordGuesses.forget(guesser);
  return outcome;
}

/** In the Admin Portal. 3scale's programs change a password without another, so a token or key is not asked for one. */
const choosesOwnPassword = ({ caller: { actor }, values, id }: Call): boolean =>
  actor.kind === "admin" && actor.userId === id("id") && (parseText(values["password"]) ?? "") !== "";

export const deleteProviderUserOperation: Operation = {
  title: "User Delete (provider account)",
  tag: "Provider",
  description: "Deletes one of the provider's own users with the access tokens, unless it is the last admin.",
  method: "DELETE",
  path: "/users/{id}",
  action: "administer-provider",
  formats: xmlAndJson,

  async handle({ pool }, call) {
    requireSuccess(await deleteProviderUser(pool, providerUserTarget(call)));
    return {};
  },
};

interface Transition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** A refusal shows the user, as 3scale has it of this step. */
  readonly showsRefused?: true;
  readonly take: (pool: Pool, change: ReturnType<typeof providerUserTarget>) => ReturnType<typeof activateProviderUser>;
}

const transitionOperation = ({ name, title, description, showsRefused, take }: Transition): Operation => ({
  title: `${title} (provider account)`,
  tag: "Provider",
  description,
  method: "PUT",
  path: `/users/{id}/${name}`,
  action: "administer-provider",
  formats: xmlAndJson,
  otherErrors: [422],
  response: providerUserResponse,

  async handle({ pool }, call) {
    const outcome = await take(pool, providerUserTarget(call));
    if (showsRefused && outcome && "refused" in outcome) return renderRefusedUserTransition(pool, call, name);
    return renderProviderUser(call, requireSuccess(outcome).user);
  },
});

export const activateProviderUserOperation = transitionOperation({
  name: "activate",
  title: "User Activate",
  description: "Activates one of the provider's own users who waits for it.",
  take: activateProviderUser,
});

export const makeProviderUserAdminOperation = transitionOperation({
  name: "admin",
  title: "User Change Role to Admin",
  description: "Makes one of the provider's own users an admin.",
  take: (pool, change) => changeProviderUserRole(pool, { ...change, role: "admin" }),
});

export const makeProviderUserMemberOperation = transitionOperation({
  name: "member",
  title: "User Change Role to Member",
  description: "Makes one of the provider's own users a member, who may do what his sections allow.",
  take: (pool, change) => changeProviderUserRole(pool, { ...change, role: "member" }),
});

export const suspendProviderUserOperation = transitionOperation({
  name: "suspend",
  title: "User Suspend",
  description: "Locks one of the provider's own users out, at once, with the access tokens.",
  showsRefused: true,
  take: suspendProviderUser,
});

export const unsuspendProviderUserOperation = transitionOperation({
  name: "unsuspend",
  title: "User Unsuspend",
  description: "Lets one of the provider's own users in again.",
  take: unsuspendProviderUser,
});

/** The refusal of a step that does not lead on from the state of one of the provider's own users, who is shown. */
async function renderRefusedUserTransition(db: Database, call: Call, step: string): Promise<ApiResponse> {
  const { provider, adminUrl, id } = call;
  const user = requireSuccess(await readProviderUser(db, provider.id, id("id")));
  return renderRefusedTransition({
    from: user.state,
    event: step,
    object: {
      xml: () => representProviderUser(user, provider),
      json: () => providerUserToJson(user, provider, adminUrl),
    },
  });
}

export const readPermissionsOperation: Operation = {
  title: "User Permissions Read",
  tag: "Provider",
  description: "Returns what one of the provider's own users may do. A member reads his own alone.",
  method: "GET",
  path: "/users/{id}/permissions",
  action: "read-own",
  formats: xmlAndJson,
  response: permissionsResponse,

  async handle({ pool }, call) {
    requireSelfOrAdmin(call);
    return renderPermissions(call, requireSuccess(await readProviderUser(pool, call.provider.id, call.id("id"))));
  },
};

export const updatePermissionsOperation: Operation = {
  title: "User Permissions Update",
  tag: "Provider",
  description:
    "Says what a member may do: these sections and no others, for these services. What is left out stays as it is, and what " +
    "is not known is dropped. An admin may do all, so only the provider key can prepare what is left once he is a member.",
  method: "PUT",
  path: "/users/{id}/permissions",
  action: "administer-provider",
  formats: xmlAndJson,
  body: Type.Object(
    {
      allowed_sections: Type.Optional(AllowedSections),
      allowed_service_ids: Type.Optional(
        Type.Array(Type.Integer(), {
          description: "The services to see and change, with their plans and applications; null or an empty text: all.",
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
};

/** Reads permissions that are sent under these two names. Undefined: they are to stay. */
function parsePermissions(
  values: Parameters,
  names: { readonly sections: string; readonly services: string },
): Permissions {
  const [sections, services] = [values[names.sections], values[names.services]];
  return {
    sections: sections === undefined ? undefined : parseTexts(sections),
    serviceIds:
      services === undefined
        ? undefined
        : isAll(services)
          ? null
          : parseTexts(services).map((text) => parseId(text) ?? 0),
  };
}

/** Reads those that come with a user. Of members, who may not grant any, they are dropped, as 3scale drops them. */
const parseUserPermissions = ({ caller, values }: Pick<Call, "caller" | "values">): Permissions =>
  caller.role === "member"
    ? {}
    : parsePermissions(values, { sections: "member_permission_ids", services: "member_permission_service_ids" });

/** A form has no null: there the name with nothing behind it says it. A list with nothing in it is a list of none. */
const isAll = (services: unknown): boolean => services === null || services === "";

const parseTexts = (it: unknown): readonly string[] =>
  [it ?? []]
    .flat()
    .map((each) => parseText(each) ?? "")
    .filter((text) => text !== "" && text !== "[]"); // 3scale's clients say "[]" in a form for a list of none
