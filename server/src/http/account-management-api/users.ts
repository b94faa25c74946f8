import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import type { Database } from "#platform/database/database.ts";
import { list } from "#platform/document.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { activateUser } from "#portal/accounts/index.ts";
import { type DocumentSettings, readDocumentSettings } from "#portal/fields/index.ts";
import {
  type User,
  changeUserRole,
  createUser,
  deleteUser,
  listUsers,
  readUser,
  representUser,
  suspendUser,
  unsuspendUser,
  updateUser,
  userToJson,
} from "#portal/users/index.ts";
import { requireAccount } from "./accounts.ts";
import { renderRefusedTransition, requireSuccess } from "./error-responses.ts";
import { exampleAdminUrl, exampleDocumentSettings, exampleUser } from "./example-portal.ts";
import { type Call, type Operation, xmlAndJson } from "./operation.ts";
import { parseText } from "./parameters.ts";
import { type ApiResponse, type ResponseDoc, renderJson } from "./responses.ts";
import { idSchema, linksSchema, optionalText, timestamps } from "./schema-parts.ts";

/** A user of an account in both formats. */
async function respondWithUser(
  db: Database,
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  user: User,
): Promise<ApiResponse> {
  return renderUser(user, await readDocumentSettings(db, provider), adminUrl);
}

const renderUser = (user: User, settings: DocumentSettings, adminUrl: string): ApiResponse => ({
  xml: () => renderXmlDocument(representUser(user, settings)),
  json: () => renderJson(userToJson(user, settings, adminUrl)),
  lastModified: user.updatedAt,
});

/** Users of an account in both formats. */
function renderUsers(users: readonly User[], settings: DocumentSettings, adminUrl: string): ApiResponse {
  const nodes = () => users.map((user) => representUser(user, settings));
  return {
    xml: () => renderXmlDocument(list("users", nodes(), "open")),
    json: () => renderJson({ users: users.map((user) => userToJson(user, settings, adminUrl)) }),
  };
}

export const UserSchema = Type.Object({
  user: Type.Object(
    {
      id: idSchema,
      state: Type.String({ enum: ["pending", "active", "suspended", "email_unverified"] }),
      role: Type.String({ enum: ["admin", "member"] }),
      cas_identifier: optionalText,
      open_id: optionalText,
      ...timestamps,
      links: linksSchema,
      username: Type.String(),
      email: optionalText,
    },
    { title: "User", additionalProperties: true, description: "Followed by the fields that you have defined." },
  ),
});
export const UserListSchema = Type.Object({ users: Type.Array(UserSchema) });

const userResponse: ResponseDoc = {
  schema: UserSchema,
  example: renderUser(exampleUser, exampleDocumentSettings, exampleAdminUrl),
};
const usersResponse: ResponseDoc = {
  schema: UserListSchema,
  example: renderUsers([exampleUser], exampleDocumentSettings, exampleAdminUrl),
};

/** Which user of which account a call is to change, and who wants it. */
const userTarget = ({ provider, by, id }: Call) => ({
  provider,
  accountId: id("account_id"),
  userId: id("id"),
  by,
});

export const listUsersOperation: Operation = {
  title: "User List",
  tag: "Users",
  description: "Returns the users of an account.",
  method: "GET",
  path: "/accounts/{account_id}/users",
  action: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    state: Type.Optional(
      Type.String({ enum: ["pending", "suspended", "active"], description: "Those that are in this state." }),
    ),
    role: Type.Optional(Type.String({ enum: ["member", "admin"], description: "Those that have this role." })),
  }),
  response: usersResponse,

  async handle({ pool }, { provider, adminUrl, query, id }) {
    const account = await requireAccount(pool, provider.id, id("account_id"));
    const settings = await readDocumentSettings(pool, provider);
    const [state, role] = [parseText(query["state"]) || undefined, parseText(query["role"]) || undefined];
    const users = (await listUsers(pool, provider.id, account.id)).filter(
      (user) => (state ?? user.state) === user.state && (role ?? user.role) === user.role,
    );
    return renderUsers(users, settings, adminUrl);
  },
};

export const createUserOperation: Operation = {
  title: "User Create",
  tag: "Users",
  description: "Adds a member to an account, who waits to be activated. No mail is sent.",
  method: "POST",
  path: "/accounts/{account_id}/users",
  action: "administer-portal",
  formats: xmlAndJson,
  body: Type.Object(
    { username: Type.String(), email: Type.Optional(Type.String()), password: Type.Optional(Type.String()) },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for users.",
      examples: [{ username: "olaf", email: "olaf@harbour.example", password: "a long password" }],
    },
  ),
  response: userResponse,

  async handle({ pool }, call) {
    const { provider, values, by } = call;
    const accountId = call.id("account_id");
    const { user } = requireSuccess(await createUser(pool, { provider, accountId, values, by }));
    const location = `${call.adminUrl}/admin/api/accounts/${accountId}/users/${user.id}`;
    return { ...(await respondWithUser(pool, call, user)), status: 201, location };
  },
};

export const readUserOperation: Operation = {
  title: "User Read",
  tag: "Users",
  description: "Returns a user of an account.",
  method: "GET",
  path: "/accounts/{account_id}/users/{id}",
  action: "read-portal",
  formats: xmlAndJson,
  response: userResponse,

  async handle({ pool }, call) {
    const user = await readUser(pool, call.provider.id, call.id("id"));
    if (user?.accountId !== call.id("account_id")) throw new Problem("not-found");
    return respondWithUser(pool, call, user);
  },
};

export const updateUserOperation: Operation = {
  title: "User Update",
  tag: "Users",
  description:
    "Changes a user of an account. What is left out stays as it is; role and state have operations of their own.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}",
  action: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      username: Type.Optional(Type.String()),
      email: Type.Optional(Type.String()),
      password: Type.Optional(Type.String()),
    },
    {
      additionalProperties: true,
      description: "And the fields that you have defined for users.",
      examples: [{ email: "olafur@harbour.example" }],
    },
  ),
  response: userResponse,

  async handle({ pool }, call) {
    const outcome = await updateUser(pool, { ...userTarget(call), values: call.values, writer: "program" });
    return respondWithUser(pool, call, requireSuccess(outcome).user);
  },
};

export const deleteUserOperation: Operation = {
  title: "User Delete",
  tag: "Users",
  description: "Deletes a user of an account, unless it is the account's last admin.",
  method: "DELETE",
  path: "/accounts/{account_id}/users/{id}",
  action: "change-portal",
  formats: xmlAndJson,

  async handle({ pool }, call) {
    requireSuccess(await deleteUser(pool, userTarget(call)));
    return {};
  },
};

export const activateUserOperation: Operation = {
  title: "User Activate",
  tag: "Users",
  description:
    "Activates a user who waits for it, and with the first user the account. Who is active already stays so.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}/activate",
  action: "change-portal",
  formats: xmlAndJson,
  otherErrors: [422],
  response: userResponse,

  async handle({ pool }, call) {
    const outcome = await activateUser(pool, userTarget(call));
    return respondToUserTransition(pool, call, { step: "activate", outcome });
  },
};

const roleOperation = (role: User["role"], title: string, description: string): Operation => ({
  title,
  tag: "Users",
  description,
  method: "PUT",
  path: `/accounts/{account_id}/users/{id}/${role}`,
  action: "change-portal",
  formats: xmlAndJson,
  response: userResponse,

  async handle({ pool }, call) {
    const outcome = await changeUserRole(pool, { ...userTarget(call), role });
    // 3scale asks for an ability, which nobody has over the last admin.
    if (outcome && "refused" in outcome) throw new Problem("not-deletable", { errors: outcome.refused });
    return respondWithUser(pool, call, requireSuccess(outcome).user);
  },
});

export const makeUserAdminOperation = roleOperation(
  "admin",
  "User change Role to Admin",
  "Makes a user an admin of the account.",
);

export const makeUserMemberOperation = roleOperation(
  "member",
  "User Change Role to Member",
  "Makes a user a member of the account, unless it is the account's last admin.",
);

export const suspendUserOperation: Operation = {
  title: "User Suspend",
  tag: "Users",
  description: "Locks a user out, at once.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}/suspend",
  action: "change-portal",
  formats: xmlAndJson,
  otherErrors: [422],
  response: userResponse,

  async handle({ pool }, call) {
    const outcome = await suspendUser(pool, userTarget(call));
    return respondToUserTransition(pool, call, { step: "suspend", outcome });
  },
};

export const unsuspendUserOperation: Operation = {
  title: "User Unsuspend",
  tag: "Users",
  description: "Lets a suspended user in again.",
  method: "PUT",
  path: "/accounts/{account_id}/users/{id}/unsuspend",
  action: "change-portal",
  formats: xmlAndJson,
  otherErrors: [422],
  response: userResponse,

  async handle({ pool }, call) {
    const { user } = requireSuccess(await unsuspendUser(pool, userTarget(call)));
    return respondWithUser(pool, call, user);
  },
};

interface UserTransition {
  readonly step: "activate" | "suspend";
  readonly outcome: { readonly user: User } | { readonly refused: unknown } | undefined;
}

/** The user after a step; or, if the step does not lead on from its state, a refusal that shows the user. */
async function respondToUserTransition(
  db: Database,
  call: Call,
  { step, outcome }: UserTransition,
): Promise<ApiResponse> {
  const { provider, adminUrl, id } = call;
  if (outcome && "user" in outcome) return respondWithUser(db, call, outcome.user);
  const user = outcome && (await readUser(db, provider.id, id("id")));
  if (!user) throw new Problem("not-found");
  const settings = await readDocumentSettings(db, provider);
  return renderRefusedTransition({
    from: user.state,
    event: step,
    object: { xml: () => representUser(user, settings), json: () => userToJson(user, settings, adminUrl) },
  });
}
