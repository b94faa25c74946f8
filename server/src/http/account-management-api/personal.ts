import { Type } from "typebox";
import {
  deleteAccessToken,
  listAccessTokens,
  readOwnAccessToken,
  recordAudit,
  scopes,
  type StoredToken,
  changeWithAudit,
  defaultNotificationPreferences,
  describeNotification,
  type NotificationName,
  notificationNames,
  type NotificationPreferences,
  readNotificationPreferences,
  updateNotificationPreferences,
} from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { exampleExpiry, exampleTime, parseLenientTime } from "#platform/times.ts";
import type { Json } from "#platform/document.ts";
import { issueAccessToken } from "#portal/provider-account/index.ts";
import { type Provider, writeTimestamp } from "#portal/providers/index.ts";
import {
  type ApiResponse,
  idSchema,
  renderJson,
  requireSuccess,
  type ResponseDoc,
  timeSchema,
  optionalBoolean,
} from "./responses.ts";
import { exampleProvider } from "./example-portal.ts";
import { type Call, type Operation, type OperationNeeds, parseText, type Parameters } from "./operation.ts";
import { limitPasswordGuesses } from "./provider-users.ts";

const permission = Type.String({
  enum: ["ro", "rw"],
  description: "Read-only (`ro`) or read-write (`rw`).",
});
const scopesOfToken = Type.Array(Type.String({ enum: [...scopes] }));

const NewAccessTokenSchema = Type.Object(
  {
    name: Type.String(),
    permission,
    scopes: scopesOfToken,
    expires_at: Type.Optional(
      Type.String({
        format: "date-time",
        description: "In the future, with a time zone. Responses have it in the provider's time zone.",
      }),
    ),
    current_password: Type.Optional(
      Type.String({
        description:
          "Your password. Required in a session of the Admin Portal, unless you sign in without a password; ignored with a token or the provider key.",
      }),
    ),
  },
  { examples: [{ name: "CRM", permission: "ro", scopes: ["account_management"], expires_at: "2030-01-01T12:00:00Z" }] },
);

/** Represents an access token for its owner. Only the response to its creation has the value. */
const accessTokenToJson = (token: StoredToken, { timeZone }: Provider, value?: string): Json => ({
  access_token: {
    id: token.id,
    name: token.name,
    scopes: [...token.scopes],
    permission: token.permission,
    ...(token.expiresAt ? { expires_at: writeTimestamp(token.expiresAt, timeZone) } : {}),
    ...(value === undefined ? {} : { value }),
  },
});

const accessTokenFields = {
  id: idSchema,
  name: Type.String(),
  scopes: scopesOfToken,
  permission,
  expires_at: Type.Optional(timeSchema),
};
const AccessTokenSchema = Type.Object({ access_token: Type.Object(accessTokenFields, { title: "AccessToken" }) });

const exampleToken = {
  id: 71,
  name: "CRM",
  scopes: ["account_management"],
  permission: "ro",
  expiresAt: exampleExpiry,
  createdAt: exampleTime,
} as const;
/** 96 hexadecimal digits, like a real token. */
const exampleValue = "0123456789abcdef".repeat(6);

const accessTokenResponse: ResponseDoc = {
  schema: AccessTokenSchema,
  example: { json: () => renderJson(accessTokenToJson(exampleToken, exampleProvider)) },
};

const accessTokensResponse: ResponseDoc = {
  schema: Type.Object({ access_tokens: Type.Array(AccessTokenSchema) }),
  example: { json: () => renderJson({ access_tokens: [accessTokenToJson(exampleToken, exampleProvider)] }) },
};

const issuedTokenResponse: ResponseDoc = {
  schema: Type.Object({
    access_token: Type.Object(
      { ...accessTokenFields, value: Type.String({ description: "Returned only here." }) },
      { title: "IssuedAccessToken" },
    ),
  }),
  example: { json: () => renderJson(accessTokenToJson(exampleToken, exampleProvider, exampleValue)) },
};

const tokenCreation = {
  method: "POST",
  action: "change-own",
  isJsonOnly: true,
  body: NewAccessTokenSchema,
  wrapper: "token",
  response: issuedTokenResponse,
  rejectsUnknown: true,
} as const satisfies Partial<Operation>;

/** Returns the caller as the owner of what is personal. The provider key has no user, so it cannot own any. */
function requireOwner({ provider, caller }: Call): { readonly providerId: number; readonly userId: number } {
  if (!("userId" in caller.actor)) throw new Problem("credentials-wrong");
  return { providerId: provider.id, userId: caller.actor.userId };
}

/** Creates an access token for a user. The response is the only one that has the token's value. */
async function issueToken(needs: OperationNeeds, call: Call, userId: number): Promise<ApiResponse> {
  const { provider, caller, values, session, by } = call;
  const expiry = parseText(values["expires_at"]) ?? "";
  const expiresAt = expiry === "" ? undefined : parseZonedTime(expiry, by.now);
  if (expiry !== "" && !expiresAt) {
    throw new Problem("invalid", { errors: { expires_at: ["must be an ISO 8601 time with a time zone"] } });
  }
  const requested = {
    providerId: provider.id,
    userId,
    name: parseText(values["name"]) ?? "",
    scopes: [values["scopes"] ?? []]
      .flat()
      .map((scope) => parseText(scope) ?? "")
      .filter((scope) => scope !== ""),
    permission: parseText(values["permission"]) ?? "",
    expiresAt,
    requester: caller,
    proof: { currentPassword: parseText(values["current_password"]) ?? "", session },
    by,
  };
  const outcome = await limitPasswordGuesses(needs, call, () =>
    issueAccessToken(needs.pool, needs.passwords, requested),
  );
  const { token, value } = requireSuccess(outcome);
  return {
    location: `/personal/access_tokens/${token.id}.json`,
    json: () => renderJson(accessTokenToJson(token, provider, value)),
  };
}

const zonedTime = /^\d{4}-\d\d-\d\d[t ]\d\d:\d\d(:\d\d([.,]\d+)?)?(z|[-+ ]\d\d:?\d\d)$/i;

/** Parses an ISO 8601 time. Requires a time zone, because an expiry without one is ambiguous. */
export const parseZonedTime = (text: string, now: Date): Date | undefined =>
  zonedTime.test(text.trim()) ? parseLenientTime(text, now) : undefined;

export const accessTokenOperations: readonly Operation[] = [
  {
    ...tokenCreation,
    title: "Access Token Create",
    description:
      "Creates an access token for yourself or, with the provider key, for any user of the provider. A token cannot create one with more rights than its own.",
    path: "/users/{user_id}/access_tokens",
    async handle(needs, call) {
      const { caller } = call;
      const userId = call.id("user_id");
      if ("userId" in caller.actor && caller.actor.userId !== userId) throw new Problem("role-missing");
      return issueToken(needs, call, userId);
    },
  },
  {
    title: "Personal Access Token List",
    description: "Lists your own access tokens, optionally filtered by name.",
    method: "GET",
    path: "/personal/access_tokens",
    action: "read-own",
    isJsonOnly: true,
    query: Type.Object({ name: Type.Optional(Type.String({ description: "A part of the token's name." })) }),
    response: accessTokensResponse,
    async handle({ pool }, call) {
      const tokens = await listAccessTokens(pool, requireOwner(call), parseText(call.query["name"]) || undefined);
      return {
        json: () => renderJson({ access_tokens: tokens.map((token) => accessTokenToJson(token, call.provider)) }),
      };
    },
  },
  {
    ...tokenCreation,
    title: "Personal Access Token Create",
    description:
      "Creates an access token for yourself. Only this response has its value. A token cannot create one with more rights than its own: neither more scopes nor a later expiry.",
    path: "/personal/access_tokens",
    async handle(needs, call) {
      return issueToken(needs, call, requireOwner(call).userId);
    },
  },
  {
    title: "Personal Access Token Read",
    description: "Returns one of your own access tokens, by its id or its value.",
    method: "GET",
    path: "/personal/access_tokens/{id}",
    textParameters: ["id"],
    action: "read-own",
    isJsonOnly: true,
    response: accessTokenResponse,
    async handle({ pool }, call) {
      const token = requireSuccess(await readOwnAccessToken(pool, requireOwner(call), call.text("id")));
      return { json: () => renderJson(accessTokenToJson(token, call.provider)) };
    },
  },
  {
    title: "Personal Access Token Delete",
    description: "Deletes one of your own access tokens, by its id or its value. It stops working immediately.",
    method: "DELETE",
    path: "/personal/access_tokens/{id}",
    textParameters: ["id"],
    action: "change-own",
    isJsonOnly: true,
    async handle({ pool }, call) {
      const owner = requireOwner(call);
      await pool.inTransaction(async (tx) => {
        const { id } = requireSuccess(await readOwnAccessToken(tx, owner, call.text("id")));
        await deleteAccessToken(tx, owner, id);
        const { providerId, userId } = owner;
        const record = { action: "token.deleted", subject: `token/${id}`, detail: { userId } };
        await recordAudit(tx, { providerId, actor: call.caller.actor, ...record });
      });
      return {};
    },
  },
];

const renderPreferences = (preferences: NotificationPreferences): ApiResponse => ({
  json: () => renderJson({ notification_preferences: preferences }),
});

const descriptionOf = (name: NotificationName): string => {
  const { isOn, sections, when } = describeNotification(name);
  const effect =
    sections === undefined ? "Stored without an effect: Bellwire has no occasion for it. In 3scale" : "Sent";
  return `${effect} when ${when}. ${isOn ? "On" : "Off"} by default.`;
};

const preferencesResponse: ResponseDoc = {
  schema: Type.Object({
    notification_preferences: Type.Object(
      Object.fromEntries(notificationNames.map((name) => [name, Type.Boolean({ description: descriptionOf(name) })])),
      { title: "NotificationPreferences", description: "Which notifications a user gets by email." },
    ),
  }),
  example: renderPreferences(defaultNotificationPreferences),
};

/** Returns the sent preferences. As in 3scale, a text may stand for a boolean, and other names are ignored. */
function parsePreferences(values: Parameters): ReadonlyMap<NotificationName, boolean> {
  const sent = notificationNames.flatMap((name): [NotificationName, string][] =>
    Object.hasOwn(values, name) ? [[name, parseText(values[name]) ?? ""]] : [],
  );
  const wrong = sent.filter(([, text]) => text !== "true" && text !== "false");
  if (wrong.length > 0) {
    const preferences = wrong.map(([name]) => `invalid value for '${name}', must be either true or false`);
    throw new Problem("invalid", { errors: { preferences } });
  }
  return new Map(sent.map(([name, text]) => [name, text === "true"]));
}

const path = "/personal/notification_preferences";

export const notificationPreferenceOperations: readonly Operation[] = [
  {
    title: "Notification Preferences List",
    description:
      "Returns which notifications you get by email. They are about what you may see, and also about your own changes.",
    method: "GET",
    path,
    action: "read-own",
    isJsonOnly: true,
    response: preferencesResponse,
    async handle({ pool }, call) {
      return renderPreferences(requireSuccess(await readNotificationPreferences(pool, requireOwner(call))));
    },
  },
  {
    title: "Notification Preferences Update",
    description: "Changes the preferences that are sent, and returns all. Absent ones keep their values.",
    method: "PATCH",
    path,
    action: "change-own",
    isJsonOnly: true,
    body: Type.Object(Object.fromEntries(notificationNames.map((name) => [name, optionalBoolean])), {
      examples: [{ account_created: true, application_plan_change_requested: false }],
    }),
    wrapper: "notification_preferences",
    wrapperMayBeEmpty: true,
    response: preferencesResponse,
    async handle({ pool }, call) {
      const owner = requireOwner(call);
      const changes = parsePreferences(call.values);
      if (changes.size === 0) return renderPreferences(requireSuccess(await readNotificationPreferences(pool, owner)));
      const subject = `provider-user/${owner.userId}`;
      const detail = Object.fromEntries(changes);
      const record = { actor: call.by.actor, action: "notifications.changed", subject, detail };
      const changed = await changeWithAudit(pool, { providerId: owner.providerId, ...record }, (tx) =>
        updateNotificationPreferences(tx, owner, changes),
      );
      return renderPreferences(requireSuccess(changed));
    },
  },
];
