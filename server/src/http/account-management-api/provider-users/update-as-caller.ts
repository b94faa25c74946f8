import { updateProviderUser } from "#portal/provider-account/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { formatWait } from "#http/shared/sign-in-limits.ts";
import type { Call, OperationNeeds } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { providerUserChangeOf } from "./provider-user-change-of.ts";
import { readPermissionsOfUser } from "./read-permissions.ts";

/** Changes one of the provider's own users. Who is signed in and wants another password must know the one that is there. */
export async function updateAsCaller(
  { pool, passwordGuesses }: Pick<OperationNeeds, "pool" | "passwordGuesses">,
  call: Call,
): ReturnType<typeof updateProviderUser> {
  const { values, session } = call;
  const permissions = readPermissionsOfUser(call);
  const update = { ...providerUserChangeOf(call), values, permissions, keptSession: session };
  if (!choosesOwnPassword(call)) return updateProviderUser(pool, update);

  const guesser = `admin ${update.provider.id} ${update.userId}`;
  const retryAfterSeconds = await passwordGuesses.secondsToWait(guesser);
  if (retryAfterSeconds > 0) {
    const detail = `Too many attempts. Please try again ${formatWait(retryAfterSeconds)}.`;
    throw new Problem("too-many-bad-credentials", { detail, retryAfterSeconds });
  }
  const currentPassword = textOf(values["current_password"]) ?? "";
  const outcome = await updateProviderUser(pool, { ...update, currentPassword });
  const isWrong = outcome && "refused" in outcome && outcome.refused["current_password"] !== undefined;
  if (!isWrong) await passwordGuesses.forget(guesser);
  return outcome;
}

/** In the Admin Portal. 3scale's programs change a password without another, so a token or key is not asked for one. */
const choosesOwnPassword = ({ caller: { actor }, values, id }: Call): boolean =>
  actor.kind === "admin" && actor.userId === id("id") && (textOf(values["password"]) ?? "") !== "";
