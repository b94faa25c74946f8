import {
  type AdminCaller,
  type ChangeContext,
  type Scope,
  type PasswordHasher,
  type StoredToken,
  createAccessToken,
  lockIfPasswordUnchanged,
  lockProviderUserForShare,
  readOwnAccessToken,
  readProviderUser,
  recordAudit,
  scopes,
  requireWithinLimit,
} from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { countLimits } from "#platform/limits.ts";
import { isBlank } from "#platform/visible-text.ts";
import { isXmlText } from "#platform/xml.ts";
import { type FieldErrors, hasNoErrors, mergeErrors } from "#portal/fields/index.ts";
import { proveUser, type SessionProof, unproved } from "./provider-users.ts";

/** The session, key or token that requests a token, with its privileges. */
type Requester = Pick<AdminCaller, "actor" | "permission" | "scopes" | "expiresAt">;

interface RequestedToken {
  readonly providerId: number;
  readonly userId: number;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly permission: string;
  readonly expiresAt?: Date | undefined;
  readonly requester: Requester;
  /** Used for sessions only: a token outlives the session that a stranger stole. */
  readonly proof: SessionProof;
  readonly by: ChangeContext;
}

/**
 * Creates an access token for one of the provider's own users, with at most the privileges of the token that requests
 * it, if one does. In a session, users prove who they are. The value is returned only here. Returns undefined if there
 * is no such user.
 */
export async function issueAccessToken(
  pool: Pool,
  passwords: PasswordHasher,
  { by, requester, proof, ...input }: RequestedToken,
): Promise<{ readonly token: StoredToken; readonly value: string } | { readonly refused: FieldErrors } | undefined> {
  const { providerId, userId, name, permission, expiresAt } = input;
  const user = await readProviderUser(pool, providerId, userId);
  if (!user) return undefined;
  const { kind } = requester.actor;
  const proved = await proveUser(pool, passwords, {
    user,
    proof: kind === "admin" ? proof : undefined,
    providerId,
    now: by.now,
  });
  const refused = mergeErrors(
    tokenErrors(input, by.now),
    kind === "token" ? privilegeErrors(input, requester) : {},
    proved.refused,
  );
  if (!hasNoErrors(refused) || (permission !== "ro" && permission !== "rw")) return { refused };
  return pool.inTransaction(async (tx) => {
    if (!(await lockProviderUserForShare(tx, providerId, userId))) return undefined;
    const passwordHash = proved.hash;
    if (passwordHash !== undefined && !(await lockIfPasswordUnchanged(tx, { providerId, userId, passwordHash })))
      return { refused: unproved };
    await requireWithinLimit(tx, countLimits.accessTokens, { providerId, id: userId });
    const created = await createAccessToken(tx, {
      providerId,
      userId,
      name: name.trim(),
      scopes: input.scopes.filter(isScope),
      permission,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    const token = await readOwnAccessToken(tx, { providerId, userId }, String(created.id));
    if (!token) throw new Error("The new access token was not found.");
    const auditRecord = {
      action: "token.created",
      subject: `token/${created.id}`,
      detail: { userId, scopes: token.scopes, permission },
    };
    await recordAudit(tx, { providerId, actor: by.actor, ...auditRecord });
    return { token, value: created.value };
  });
}

const isScope = (name: string): name is Scope => scopes.some((scope) => scope === name);

const nameLengthMax = 255;

export const isTokenName = (name: string): boolean => !isBlank(name) && name.length <= nameLengthMax && isXmlText(name);

function nameError(name: string): string {
  if (isBlank(name)) return "can't be blank";
  return name.length > nameLengthMax ? `is too long (maximum is ${nameLengthMax} characters)` : "is invalid";
}

type TokenInput = Omit<RequestedToken, "by" | "requester" | "proof">;

function tokenErrors({ name, scopes: input, permission, expiresAt }: TokenInput, now: Date): FieldErrors {
  return mergeErrors({
    name: isTokenName(name) ? [] : [nameError(name)],
    scopes: input.length === 0 ? ["select at least one scope"] : input.every(isScope) ? [] : ["is invalid"],
    permission: permission === "ro" || permission === "rw" ? [] : ["is not included in the list"],
    expires_at: expiresAt === undefined || expiresAt > now ? [] : ["must be in the future"],
  });
}

/** Otherwise, a leaked token that reads for one day could create one that writes for ever. */
function privilegeErrors({ scopes: input, permission, expiresAt }: TokenInput, requester: Requester): FieldErrors {
  const end = requester.expiresAt;
  const isLonger = end !== undefined && (expiresAt === undefined || expiresAt > end);
  return {
    scopes: input.every((name) => !isScope(name) || requester.scopes.includes(name))
      ? []
      : [`must be among those of the token that asks (${requester.scopes.join(", ")})`],
    permission:
      permission === "rw" && requester.permission === "ro" ? ["must be ro, as that of the token that asks"] : [],
    expires_at: isLonger ? [`must be given, and not after the end of the token that asks (${end.toISOString()})`] : [],
  };
}
