import type { ProviderUser } from "#access/index.ts";
import { Problem, type FieldErrors } from "#http/shared/problem.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";

type Outcome =
  | { readonly user: ProviderUser }
  | { readonly refused: FieldErrors }
  | { readonly notAllowed: "last admin" };

/** The user after a change. The last admin stays one: nobody could change anything any more. */
export function changedOrRefuse(outcome: Outcome | undefined): ProviderUser {
  const changed = doneOrRefuse(outcome);
  if ("notAllowed" in changed) throw new Problem("invalid", { errors: { base: ["is the last admin"] } });
  return changed.user;
}
