import { Problem, type FieldErrors } from "../../shared/problem.ts";

export type Outcome =
  | { readonly refused: FieldErrors }
  | { readonly notFound: string }
  | { readonly notAllowed: string }
  | object;

/** Throws the Problem that a refusal amounts to. Undefined: there is no such thing. */
export function assertDone(outcome: Outcome | undefined): void {
  if (!outcome) throw new Problem("not-found");
  if ("notFound" in outcome) {
    if (outcome.notFound !== "plan") throw new Problem("not-found");
    throw new Problem("invalid", { errors: { plan_id: ["is no plan for this one"] } });
  }
  if ("refused" in outcome) throw new Problem("invalid", { errors: outcome.refused });
  if ("notAllowed" in outcome)
    throw new Problem("invalid", { errors: { base: [`Not possible here: ${outcome.notAllowed}`] } });
}
