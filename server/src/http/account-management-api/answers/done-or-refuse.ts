import { Problem, type FieldErrors } from "#http/shared/problem.ts";

interface Refused {
  readonly refused: FieldErrors;
}

/** Something that a parameter names is not there. */
interface NotFound<What> {
  readonly notFound: What;
}

/** Things are such that it cannot be done. */
interface NotAllowed<Why> {
  readonly notAllowed: Why;
}

const reasons = {
  "always there": "Nothing can do without this field",
  "last admin": "The last admin cannot go",
  "in use": "Somebody is on this plan",
  "applications in use": "All applications of this subscription must be suspended first",
  "last key": "The last key of an application that must have one cannot go",
  developers: "Not open to developers",
} as const;

type Reason = keyof typeof reasons;

/** What a use case has done; or the Problem that its refusal amounts to. */
export function doneOrRefuse<Done extends object, What extends string = never, Why extends Reason = never>(
  outcome: Done | Refused | NotFound<What> | NotAllowed<Why> | undefined,
): Done {
  if (outcome === undefined || isNotFound(outcome)) throw new Problem("not-found");
  if (isRefused(outcome)) throw new Problem("invalid", { errors: outcome.refused });
  if (isNotAllowed(outcome)) throw new Problem("not-deletable", { errors: { base: [reasons[outcome.notAllowed]] } });
  return outcome;
}

const isRefused = (outcome: object): outcome is Refused => "refused" in outcome;
const isNotFound = (outcome: object): outcome is NotFound<unknown> => "notFound" in outcome;
const isNotAllowed = (outcome: object): outcome is NotAllowed<Reason> => "notAllowed" in outcome;
