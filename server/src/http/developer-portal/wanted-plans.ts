import type { FastifyRequest } from "fastify";
import type { SignUp } from "#portal/whole-accounts/index.ts";
import { readList } from "../shared/read-form.ts";
import { readId } from "#platform/ids/read-id.ts";

/** How a link to the sign-up, and then its form, name the plans that are wanted; 3scale's name first. */
const names = ["plan_ids[]", "plan_ids"] as const;

/** The plans that a link to the sign-up has asked for, or the form that it led to: as they came, each once. */
export const readWantedPlans = ({ query, body }: FastifyRequest): readonly string[] => [
  ...new Set(
    [query, body].flatMap((from) => names.flatMap((name) => readList(from, name))).filter((it) => it.trim() !== ""),
  ),
];

/** No plan has the number 0: what is no id names none. */
export const asWantedPlans = (ids: readonly string[]): NonNullable<SignUp["wantedPlans"]> =>
  ids.map((it) => readId(it.trim()) ?? 0);

/** The sign-up with the same plans once more. */
export function signUpPath(ids: readonly string[]): string {
  const query = new URLSearchParams(ids.map((id) => [names[0], id])).toString();
  return query === "" ? "/signup" : `/signup?${query}`;
}
