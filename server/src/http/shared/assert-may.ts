import { denialOf, type AdminCaller, type Deed, type Denial } from "#access/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { Problem, type ProblemCode } from "./problem.ts";

const codeOf = {
  scope: "permission-missing",
  "read-only": "permission-missing",
  role: "role-missing",
  reach: "services-narrowed",
  capability: "webhooks-denied",
} as const satisfies Record<Denial, ProblemCode>;

/** Refuses what the caller may not do. */
export function assertMay(caller: AdminCaller, deed: Deed, provider: Provider): void {
  const denial = denialOf(caller, deed, provider);
  if (denial) throw new Problem(codeOf[denial]);
}
