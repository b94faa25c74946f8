import { Problem, type FieldErrors } from "#http/shared/problem.ts";

interface Refused {
  readonly refused: FieldErrors;
}

/** Something that a parameter names is not there. */
interface NotFound<What> {
  readonly notFound: What;
}

/** What a use case has done; or the Problem that its refusal amounts to. */
export function doneOrRefuse<Done extends object, What extends string = never>(
  outcome: Done | Refused | NotFound<What> | undefined,
): Done {
  if (outcome === undefined || isNotFound(outcome)) throw new Problem("not-found");
  if (isRefused(outcome)) throw new Problem("invalid", { errors: outcome.refused });
  return outcome;
}

const isRefused = (outcome: object): outcome is Refused => "refused" in outcome;
const isNotFound = (outcome: object): outcome is NotFound<unknown> => "notFound" in outcome;
