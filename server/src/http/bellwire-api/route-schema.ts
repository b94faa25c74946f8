import { type TSchema, Type } from "typebox";
import { ProblemSchema } from "#http/shared/problem.ts";

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: ProblemSchema } },
});

const anyRoute = {
  401: problem("No credentials, or wrong ones."),
  403: problem("These credentials do not allow this."),
} as const;

const notThere = { 404: problem("There is no such thing, or it is not yours.") } as const;

/** A value of a field that is not acceptable. */
export const refusable = { 422: problem("Some values are not acceptable: `errors` says which, and why.") } as const;

/** What the request asks for does not fit with how things are. */
export const conflicting = { 409: problem("It does not fit with how things are now.") } as const;

export const answers = <It extends TSchema>(it: It) => ({ 200: it, ...anyRoute });

/** Of a route whose path names one thing. */
export const answersOfOne = <It extends TSchema>(it: It) => ({ ...answers(it), ...notThere });

/** Too many at once of what stays open. */
export const limited = { 429: problem("Too many are open. `Retry-After` says when to try again.") } as const;

export const created = <It extends TSchema>(it: It) => ({ 201: it, ...anyRoute });

export const done = { 204: Type.Null({ description: "Done." }), ...anyRoute, ...notThere };
