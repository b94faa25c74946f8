import { Problem, type FieldErrors } from "../../shared/problem.ts";

type Outcome =
  | { readonly refused: FieldErrors }
  | { readonly notFound: string }
  | { readonly notAllowed: string }
  | object;

/** Throws the Problem that a refusal amounts to. Undefined: there is no such thing. */
export function assertDone(outcome: Outcome | undefined): void {
  if (!outcome || "notFound" in outcome) throw new Problem("not-found");
  if ("refused" in outcome) throw new Problem("invalid", { errors: outcome.refused });
  if ("notAllowed" in outcome)
    throw new Problem("invalid", { errors: { base: [`Not possible here: ${outcome.notAllowed}`] } });
}
