import { Problem } from "#http/shared/problem.ts";
import type { Call } from "../operation.ts";

/** Whose personal tokens a call is about: the caller's. The provider key is nobody's. */
export function ownerOf({ provider, caller }: Call): { readonly providerId: number; readonly userId: number } {
  if (!("userId" in caller.actor)) throw new Problem("credentials-wrong");
  return { providerId: provider.id, userId: caller.actor.userId };
}
