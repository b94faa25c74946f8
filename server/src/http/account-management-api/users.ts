import { Type } from "typebox";
import { Problem } from "#http/shared/problem.ts";
import { formatWait } from "#http/shared/sign-in.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { value } from "#platform/document.ts";
import { exampleTime } from "#platform/times.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import { activateUser } from "#portal/accounts/index.ts";
import { type DocumentSettings, propertySchemas, readDocumentSettings } from "#portal/fields/index.ts";
import {
  createSsoToken,
  redirectUrlLengthMax,
  ssoLogInPath,
  ssoProtocols,
  ssoTokenSeconds,
} from "#portal/single-sign-on/index.ts";
import {
  changeUserRole,
  createUser,
  deleteUser,
  listUsers,
  readUser,
  representUser,
  suspendUser,
  unsuspendUser,
  updateUser,
  type User,
  userFields,
  userToJson,
} from "#portal/users/index.ts";
import { requireAccount } from "./accounts.ts";
import {
  type ApiResponse,
  idSchema,
  linksSchema,
  optionalText,
  renderJson,
  renderJsonList,
  renderRefusedTransition,
  renderXmlList,
  requireSuccess,
  type ResponseDoc,
  timestamps,
} from "./responses.ts";
import { exampleAdminUrl, exampleDeveloperUrl, exampleDocumentSettings, exampleUser } from "./example-portal.ts";
import { type Call, type Operation, type OperationNeeds, type Parameters, parseText } from "./operation.ts";

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

const renderUser = (user: User, settings: DocumentSettings, adminUrl: string): ApiResponse => ({
  xml: () => renderXmlDocument(representUser(user, settings)),
  json: () => renderJson(userToJson(user, settings, adminUrl)),
  lastModified: user.updatedAt,
});

async function respondWithUser(db: Database, { provider, adminUrl }: Call, user: User): Promise<ApiResponse> {
  return renderUser(user, await readDocumentSettings(db, provider), adminUrl);
}

function renderUsers(users: readonly User[], settings: DocumentSettings, adminUrl: string): ApiResponse {
  return {
    xml: () => renderXmlList("users", users, (user) => representUser(user, settings)),
    json: () => renderJsonList("users", users, (user) => userToJson(user, settings, adminUrl)),
  };
}

const userResponse: ResponseDoc = {
  schema: UserSchema,
  example: renderUser(exampleUser, exampleDocumentSettings, exampleAdminUrl),
};
const usersResponse: ResponseDoc = {
  schema: UserListSchema,
  example: renderUsers([exampleUser], exampleDocumentSettings, exampleAdminUrl),
};

export const UserFilterQuery = Type.Object({
  state: Type.Optional(
    Type.String({ enum: ["pending", "suspended", "active"], description: "Users in this state only." }),
  ),
  role: Type.Optional(Type.String({ enum: ["member", "admin"], description: "Users with this role only." })),
});

export const parseUserFilter = (query: Parameters) => ({
  state: parseText(query["state"]) || undefined,
  role: parseText(query["role"]) || undefined,
});

const userFieldsNote = "Also accepts the fields that you have defined for users.";

const userTarget = ({ provider, by, id }: Call) => ({
  provider,
  accountId: id("account_id"),
  userId: id("id"),
  by,
});

interface Transition extends Pick<Operation, "title" | "description"> {
  /** The last part of the path. */
  readonly event: string;
  /** Some refusals show the user, as in 3scale. An ability check denies roles, hence 403 instead of 422. */
  readonly refusal?: "shows user" | "forbidden";
  readonly apply: (pool: Pool, target: ReturnType<typeof userTarget>) => ReturnType<typeof activateUser>;
}

const transitionOperation = ({ event, title, description, refusal, apply }: Transition): Operation => ({
  title,
  description,
  method: "PUT",
  path: `/accounts/{account_id}/users/{id}/${event}`,
  action: "change-portal",
  otherErrors: refusal === "forbidden" ? [] : [422],
  response: userResponse,

  async handle({ pool }, call) {
    const outcome = await apply(pool, userTarget(call));
    if (outcome && "refused" in outcome) {
      if (refusal === "forbidden") throw new Problem("not-deletable", { errors: outcome.refused });
      if (refusal === "shows user") return renderRefusal(pool, call, event);
    }
    return respondWithUser(pool, call, requireSuccess(outcome).user);
  },
});

async function renderRefusal(db: Database, { provider, adminUrl, id }: Call, event: string): Promise<ApiResponse> {
  const user = requireSuccess(await readUser(db, provider.id, id("id")));
  const settings = await readDocumentSettings(db, provider);
  return renderRefusedTransition({
    from: user.state,
    event,
    object: { xml: () => representUser(user, settings), json: () => userToJson(user, settings, adminUrl) },
  });
}

/** An update ignores null. */
export const isSent = (sent: unknown): boolean => sent !== undefined && sent !== null;

interface Notice {
  /** Before the update. */
  readonly user: { readonly email: string | null; readonly state: string } | undefined;
  readonly key: string;
}

/** Counts the mail about an update to the former address: somebody may type another person's address, and then a third one. */
export async function countNotice(
  { teamMails }: Pick<OperationNeeds, "teamMails">,
  { values }: Pick<Call, "values">,
  { user, key }: Notice,
): Promise<void> {
  const { email, state } = user ?? {};
  const isNewAddress = isSent(values["email"]) && parseText(values["email"])?.trim() !== email;
  const isNewPassword = (parseText(values["password"]) ?? "") !== "";
  if (!email || state === "pending" || !(isNewAddress || isNewPassword)) return;
  const retryAfterSeconds = await teamMails.secondsToWait(key);
  if (retryAfterSeconds === 0) return;
  const detail = `There were too many emails about such changes. Please try again ${formatWait(retryAfterSeconds)}.`;
  throw new Problem("too-many-requests", { detail, retryAfterSeconds });
}

export const userOperations: readonly Operation[] = [
  {
    title: "User List",
    description: "Lists the users of an account.",
    method: "GET",
    path: "/accounts/{account_id}/users",
    action: "read-portal",
    query: UserFilterQuery,
    response: usersResponse,
    async handle({ pool }, { provider, adminUrl, query, id }) {
      const account = await requireAccount(pool, provider.id, id("account_id"));
      const settings = await readDocumentSettings(pool, provider);
      const { state, role } = parseUserFilter(query);
      const users = (await listUsers(pool, provider.id, account.id)).filter(
        (user) => (state ?? user.state) === user.state && (role ?? user.role) === user.role,
      );
      return renderUsers(users, settings, adminUrl);
    },
  },
  {
    title: "User Create",
    description: "Creates a member of an account, who is pending until activated. No email is sent.",
    method: "POST",
    path: "/accounts/{account_id}/users",
    action: "administer-portal",
    body: Type.Object(
      { ...propertySchemas(userFields, "complete"), password: optionalText },
      {
        additionalProperties: true,
        description: userFieldsNote,
        examples: [{ username: "olaf", email: "olaf@harbour.example", password: "a long password" }],
      },
    ),
    response: userResponse,
    async handle({ pool, passwords }, call) {
      const { provider, values, by } = call;
      const accountId = call.id("account_id");
      const { user } = requireSuccess(await createUser(pool, passwords, { provider, accountId, values, by }));
      return { ...(await respondWithUser(pool, call, user)), location: `/accounts/${accountId}/users/${user.id}` };
    },
  },
  {
    title: "User Read",
    description: "Returns a user of an account.",
    method: "GET",
    path: "/accounts/{account_id}/users/{id}",
    action: "read-portal",
    response: userResponse,
    async handle({ pool }, call) {
      const user = await readUser(pool, call.provider.id, call.id("id"));
      if (user?.accountId !== call.id("account_id")) throw new Problem("not-found");
      return respondWithUser(pool, call, user);
    },
  },
  {
    title: "User Update",
    description:
      "Updates a user of an account. Absent fields keep their values; role and state have their own operations. A new email address or password that is set in a portal is mailed to the user, at the former address, but not one that a program sets.",
    method: "PUT",
    path: "/accounts/{account_id}/users/{id}",
    action: "change-portal",
    body: Type.Object(
      { ...propertySchemas(userFields, "change"), password: optionalText },
      { additionalProperties: true, description: userFieldsNote, examples: [{ email: "olafur@harbour.example" }] },
    ),
    response: userResponse,
    async handle({ pool, passwords, teamMails }, call) {
      const { provider, by, id } = call;
      // Programs cause no such mails. A user of the team could write to any number of people.
      if (by.channel !== "api" && "userId" in by.actor) {
        const key = `team ${provider.id} by ${by.actor.userId}`;
        await countNotice({ teamMails }, call, { user: await readUser(pool, provider.id, id("id")), key });
      }
      const outcome = await updateUser(pool, passwords, {
        ...userTarget(call),
        values: call.values,
        writer: "program",
      });
      return respondWithUser(pool, call, requireSuccess(outcome).user);
    },
  },
  {
    title: "User Delete",
    description: "Deletes a user of an account, unless it is the account's last admin.",
    method: "DELETE",
    path: "/accounts/{account_id}/users/{id}",
    action: "change-portal",
    async handle({ pool }, call) {
      requireSuccess(await deleteUser(pool, userTarget(call)));
      return {};
    },
  },
  transitionOperation({
    event: "activate",
    title: "User Activate",
    description: "Activates a pending user, and with the first user the account. Has no effect on an active user.",
    refusal: "shows user",
    apply: activateUser,
  }),
  transitionOperation({
    event: "admin",
    title: "User change Role to Admin",
    description: "Makes a user an admin of the account.",
    refusal: "forbidden",
    apply: (pool, target) => changeUserRole(pool, { ...target, role: "admin" }),
  }),
  transitionOperation({
    event: "member",
    title: "User Change Role to Member",
    description: "Makes a user a member of the account, unless it is the account's last admin.",
    refusal: "forbidden",
    apply: (pool, target) => changeUserRole(pool, { ...target, role: "member" }),
  }),
  transitionOperation({
    event: "suspend",
    title: "User Suspend",
    description: "Suspends a user. Ends the user's sessions immediately.",
    refusal: "shows user",
    apply: suspendUser,
  }),
  transitionOperation({
    event: "unsuspend",
    title: "User Unsuspend",
    description: "Makes a suspended user active again.",
    apply: unsuspendUser,
  }),
];

/** 3scale's XML has the address only. */
const renderSsoToken = ({ token, url }: { readonly token: string; readonly url: string }): ApiResponse => ({
  status: 201,
  xml: () => renderXmlDocument(value("sso_url", url)),
  json: () => renderJson({ sso_token: { sso_url: url, token } }),
});

/** Real ones have a hundred characters or more. */
const exampleToken = "AT5fwqbXhK0dRZ7m3w2c1yVtUuQe9sGJnL8oPiA4";

export const ssoTokenOperations: readonly Operation[] = [
  {
    title: "SSO Token Create",
    description:
      "Returns an address that logs a developer in at the Developer Portal, for a site of yours on which the developer is logged in: redirect the browser there. Whoever has the address is logged in until it expires, so create one for each log-in, and do not mail or store it. The developer has to be active, and the account approved.",
    method: "POST",
    path: "/sso_tokens",
    action: "change-portal",
    body: Type.Object(
      {
        user_id: Type.Optional(Type.Integer({ description: "The developer. It counts more than `username`." })),
        username: Type.Optional(Type.String({ description: "The developer, if there is no `user_id`." })),
        expires_in: Type.Optional(
          Type.Integer({
            minimum: ssoTokenSeconds.min,
            maximum: ssoTokenSeconds.max,
            default: ssoTokenSeconds.default,
            description: "How long the address works, in seconds.",
          }),
        ),
        redirect_url: Type.Optional(
          Type.String({
            maxLength: redirectUrlLengthMax,
            description:
              "Where the developer goes afterwards: a path of the Developer Portal, or a URL, also of another site. Without it, to the account.",
          }),
        ),
        protocol: Type.Optional(
          Type.String({
            enum: [...ssoProtocols],
            description: "The protocol of the address. Without it, that of the Developer Portal.",
          }),
        ),
      },
      { examples: [{ username: "olaf", redirect_url: "/applications" }] },
    ),
    wrapper: "sso_token",
    response: {
      schema: Type.Object({
        sso_token: Type.Object(
          { sso_url: Type.String({ format: "uri" }), token: Type.String() },
          { title: "SsoToken" },
        ),
      }),
      example: renderSsoToken({
        token: exampleToken,
        url: `${exampleDeveloperUrl}${ssoLogInPath}?expires_at=${exampleTime.getTime() / 1000 + ssoTokenSeconds.default}&token=${exampleToken}`,
      }),
    },
    async handle(needs, { provider, values, by }) {
      const portalUrl = needs.developerPortalUrl(provider);
      return renderSsoToken(
        requireSuccess(await createSsoToken(needs, { providerId: provider.id, portalUrl, values, by })),
      );
    },
  },
];
