import type { FastifyRequest } from "fastify";
import type { AttemptLimiter } from "#access/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { updateUser } from "#portal/users/index.ts";
import { readSessionCookie } from "../../shared/session-cookie.ts";
import { waitInWords } from "../../shared/sign-in-limits.ts";
import { byDeveloper } from "../by-developer.ts";
import type { Developer } from "../find-developer.ts";
import type { Portal } from "../show-page.ts";

interface OwnUpdate {
  readonly developer: Developer;
  readonly values: Readonly<Record<string, string>>;
  /** What was typed to prove that it is still them. */
  readonly currentPassword: string;
}

export type NotSaved = { readonly refused: FieldErrors; readonly status: 422 | 429 };

/** What was left empty is not incorrect. */
export const noCurrentPassword: FieldErrors = { current_password: ["can't be blank"] };

/** Changes the signed-in user, if they know their password. Undefined if they are gone by now. */
export async function updateOwnUser(
  portal: Portal,
  guesses: AttemptLimiter,
  request: FastifyRequest,
  { developer, values, currentPassword }: OwnUpdate,
): Promise<{ readonly saved: true } | NotSaved | undefined> {
  const { provider } = request;
  const guesser = `developer ${provider.id} ${developer.user.id}`;
  const seconds = await guesses.secondsToWait(guesser);
  if (seconds > 0) {
    return { status: 429, refused: { base: [`Too many attempts. Please try again ${waitInWords(seconds)}.`] } };
  }
  const saved = await updateUser(portal.pool, {
    provider,
    accountId: developer.account.id,
    userId: developer.user.id,
    values,
    currentPassword,
    keptSession: readSessionCookie(request, "developer"),
    writer: "developer",
    by: byDeveloper(portal, developer),
  });
  if (!saved) return undefined;
  const refused = "refused" in saved ? saved.refused : undefined;
  if (!refused?.["current_password"]) await guesses.forget(guesser);
  if (!refused) return { saved: true };
  return { status: 422, refused: currentPassword === "" ? { ...refused, ...noCurrentPassword } : refused };
}
