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
  /** Of how many things that are in the way. */
  readonly count?: number;
}

/** In 3scale's words, its two spaces included, where it has a word for it. */
const reasons = {
  "always there": "Nothing can do without this field",
  "last admin": "Can't delete last admin",
  "only admin": "The last admin must stay an admin who can sign in",
  "last product": "This product cannot be removed",
  "account_plan in use": "This account plan cannot be deleted! At least one account depends on it.",
  "account_plan customized":
    "This account plan cannot be deleted!  At least one customized version of this account plan exists.",
  "application_plan in use": "This application plan cannot be deleted! At least one application depends on it.",
  "application_plan customized":
    "This application plan cannot be deleted!  At least one customized version of this application plan exists.",
  "service_plan in use": "This service plan cannot be deleted! At least one contract depends on it.",
  "service_plan customized":
    "This service plan cannot be deleted!  At least one customized version of this service plan exists.",
  "applications in use": (count: number) =>
    count === 1
      ? "There is 1 unsuspended application subscribed to the service"
      : `There are ${count} unsuspended applications subscribed to the service`,
  "last key": "The last key of an application that must have one cannot go",
  developers: "Not open to developers",
} as const satisfies Record<string, string | ((count: number) => string)>;

type Reason = keyof typeof reasons;

/** What a use case has done; or the Problem that its refusal amounts to. */
export function doneOrRefuse<Done extends object, What extends string = never, Why extends Reason = never>(
  outcome: Done | Refused | NotFound<What> | NotAllowed<Why> | undefined,
): Done {
  if (outcome === undefined || isNotFound(outcome)) throw new Problem("not-found");
  if (isRefused(outcome)) throw new Problem("invalid", { errors: outcome.refused });
  if (isNotAllowed(outcome)) throw new Problem("not-deletable", { errors: { base: [reasonOf(outcome)] } });
  return outcome;
}

function reasonOf({ notAllowed, count = 0 }: NotAllowed<Reason>): string {
  const reason = reasons[notAllowed];
  return typeof reason === "string" ? reason : reason(count);
}

const isRefused = (outcome: object): outcome is Refused => "refused" in outcome;
const isNotFound = (outcome: object): outcome is NotFound<unknown> => "notFound" in outcome;
const isNotAllowed = (outcome: object): outcome is NotAllowed<Reason> => "notAllowed" in outcome;
