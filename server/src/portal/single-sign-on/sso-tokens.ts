import { type ChangeContext, recordAudit } from "#access/index.ts";
import type { Database, Pool, Transaction } from "#platform/database/database.ts";
import { type Encryption, ifDecryptable } from "#platform/encryption.ts";
import { parseRowId, secretDigest } from "#platform/ids.ts";
import { isoTime } from "#platform/times.ts";
import { isXmlText } from "#platform/xml.ts";
import { type FieldErrors, hasNoErrors, plainText } from "#portal/fields/index.ts";
import { markClaimed } from "#portal/users/index.ts";

/*
 * An SSO token logs a developer in without a password: a site of the provider that knows the developer asks for its address, and
 * redirects the browser there. (3scale, "SSO Tokens".) The server stores none: a token is its content, encrypted, so that it is valid
 * after a restart and in all processes.
 */

/** How long a token is valid, in seconds. As in 3scale: more than half a minute, a day at most. */
export const ssoTokenSeconds = { min: 31, default: 600, max: 86_400 } as const;

/** Characters of an address. It is in the token and so in the request line, of which servers read 8 kB. */
export const redirectUrlLengthMax = 2048;

/** The path of the Developer Portal that a token is sent to. */
export const ssoLogInPath = "/session/create";

export const ssoProtocols = ["https", "http"] as const;

const purpose = "sso token";

/** The content of a token. */
interface SsoToken {
  readonly providerId: number;
  readonly userId: number;
  /** Unix time in seconds. */
  readonly expiresAt: number;
  /** Tells a new password from the one at the time of the token: it ends tokens as it ends sessions. */
  readonly passwordMark: string;
  /** Where to go after the log-in, of the provider's choice: it may be another site. Null for the account's page. */
  readonly redirectUrl: string | null;
}

/** None of the parts has a space, since a URL encodes it. */
const write = (
  encryption: Encryption,
  { providerId, userId, expiresAt, passwordMark, redirectUrl }: SsoToken,
): string =>
  encryption
    .encrypt(purpose, [providerId, userId, expiresAt, passwordMark, redirectUrl ?? ""].join(" "))
    .toString("base64url");

const markOf = (passwordHash: string | null): string =>
  secretDigest(passwordHash ?? "")
    .toString("base64url")
    .slice(0, 16);

/** Returns the content of a token that was made for the provider and has not expired. */
export function readSsoToken(
  encryption: Encryption,
  token: string,
  { providerId, now }: { readonly providerId: number; readonly now: Date },
): SsoToken | undefined {
  const [provider, user, expiry, passwordMark = "", redirectUrl = ""] = decrypt(encryption, token).split(" ");
  const expiresAt = Number(expiry);
  const isValid = Number(provider) === providerId && now.getTime() < expiresAt * 1000;
  if (!isValid) return undefined;
  return { providerId, userId: Number(user), expiresAt, passwordMark, redirectUrl: redirectUrl || null };
}

const decrypt = (encryption: Encryption, token: string): string =>
  ifDecryptable(() => encryption.decrypt(purpose, Buffer.from(token, "base64url"))) ?? "";

interface NewSsoToken {
  readonly providerId: number;
  /** The public base URL of the Developer Portal, without a trailing slash. */
  readonly portalUrl: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly by: ChangeContext;
}

/** Creates a token for a developer in any state, and its address. It is audited, because it is as good as a password. */
export async function createSsoToken(
  { pool, encryption }: { readonly pool: Pool; readonly encryption: Encryption },
  { providerId, portalUrl, values, by }: NewSsoToken,
): Promise<{ readonly refused: FieldErrors } | { readonly token: string; readonly url: string }> {
  const user = await findUser(pool, providerId, values);
  const { errors, ...chosen } = parseChoices(values, portalUrl);
  const refused = { ...("refused" in user && user.refused), ...errors };
  if (!("id" in user) || !hasNoErrors(refused)) return { refused };
  const expiresAt = Math.floor(by.now.getTime() / 1000) + chosen.seconds;
  const passwordMark = markOf(user.passwordHash);
  const { redirectUrl } = chosen;
  const token = write(encryption, { providerId, userId: user.id, expiresAt, passwordMark, redirectUrl });
  await pool.inTransaction((tx) =>
    recordAudit(tx, {
      providerId,
      actor: by.actor,
      action: "sso-token.created",
      subject: `user/${user.id}`,
      detail: { expiresAt: isoTime(expiresAt * 1000) },
    }),
  );
  const url = new URL(`${portalUrl}${ssoLogInPath}`);
  if (chosen.protocol !== undefined) url.protocol = chosen.protocol;
  url.search = new URLSearchParams({ expires_at: String(expiresAt), token }).toString();
  return { token, url: url.href };
}

// By the primary key, and by users_username_idx.
const findStatements = {
  user_id: `select id, password_hash from users where provider_id = $1 and id = $2`,
  username: `select id, password_hash from users where provider_id = $1 and lower(username) = lower($2)`,
} as const;

interface FoundUser {
  readonly id: number;
  readonly passwordHash: string | null;
}

/** Finds the developer. As in 3scale, an id counts more than a name. */
async function findUser(
  db: Database,
  providerId: number,
  values: NewSsoToken["values"],
): Promise<FoundUser | { readonly refused: FieldErrors }> {
  const by = (["user_id", "username"] as const).find((name) => textOf(values, name) !== "");
  if (!by) return { refused: { base: ["user_id or username is required"] } };
  const text = textOf(values, by);
  const sought = by === "user_id" ? parseRowId(text) : isXmlText(text) ? text : undefined;
  const [user] = sought === undefined ? [] : await db.query<FoundUser>(findStatements[by], [providerId, sought]);
  return user ?? { refused: { [by]: ["is invalid: there is no such developer"] } };
}

const textOf = (values: NewSsoToken["values"], name: string): string => (plainText(values[name]) ?? "").trim();

interface Choices {
  readonly seconds: number;
  readonly protocol: string | undefined;
  readonly redirectUrl: string | null;
  readonly errors: FieldErrors;
}

function parseChoices(values: NewSsoToken["values"], portalUrl: string): Choices {
  const seconds = Number(textOf(values, "expires_in") || ssoTokenSeconds.default);
  const protocol = textOf(values, "protocol") || undefined;
  const redirect = textOf(values, "redirect_url");
  const redirectUrl = redirect === "" ? null : parseRedirect(redirect, portalUrl);
  const errors = {
    expires_in: secondsErrors(seconds),
    protocol: ssoProtocols.some((one) => one === (protocol ?? one)) ? [] : ["is not included in the list"],
    redirect_url: redirectErrors(redirect, redirectUrl),
  };
  return {
    seconds,
    protocol,
    redirectUrl: redirectUrl ?? null,
    errors: Object.fromEntries(Object.entries(errors).filter(([, texts]) => texts.length > 0)),
  };
}

function secondsErrors(seconds: number): readonly string[] {
  const { min, max } = ssoTokenSeconds;
  if (!Number.isInteger(seconds)) return ["must be an integer"];
  if (seconds < min) return [`must be greater than ${min - 1}`];
  return seconds > max ? [`must be less than or equal to ${max}`] : [];
}

/**
 * Returns the URL of a page on the web, or of a path of the portal. A URL reads `\` as `/` and drops tabs, so a text that begins with one
 * slash may lead to another host. Sites pass on such texts as paths.
 */
function parseRedirect(text: string, portalUrl: string): string | undefined {
  const url = /^(https?:\/)?\//i.test(text) ? URL.parse(text, portalUrl) : null;
  if (!url || url.username !== "" || url.password !== "") return undefined;
  return text.startsWith("/") && url.origin !== new URL(portalUrl).origin ? undefined : url.href;
}

function redirectErrors(text: string, url: string | null | undefined): readonly string[] {
  if (url === undefined) return ["is invalid: use a path of the Developer Portal, or a URL with http or https"];
  const isTooLong = Math.max(text.length, url?.length ?? 0) > redirectUrlLengthMax;
  return isTooLong ? [`is too long (maximum is ${redirectUrlLengthMax} characters)`] : [];
}

// The lock makes a suspension and a deletion wait for this transaction; they then end its session.
const lockActiveStatement = `
  select password_hash from users where provider_id = $1 and id = $2 and state = 'active' for no key update`;

/**
 * Locks an active user, and notes that somebody has logged in as it. That does not confirm the email address, so the owner of the
 * address must not be linked to the user by logging in at an identity provider. Returns false if the user is inactive, or has got a new
 * password since the token was made.
 */
export async function useSsoToken(
  tx: Transaction,
  { providerId, userId, passwordMark }: Pick<SsoToken, "providerId" | "userId" | "passwordMark">,
): Promise<boolean> {
  const [active] = await tx.query<Pick<FoundUser, "passwordHash">>(lockActiveStatement, [providerId, userId]);
  if (!active || markOf(active.passwordHash) !== passwordMark) return false;
  await markClaimed(tx, providerId, userId);
  return true;
}
