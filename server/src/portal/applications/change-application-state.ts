import type { Pool } from "#platform/database/database.ts";
import { refuseTransition } from "#portal/fields/index.ts";

import type { Application } from "./application.ts";
import { withApplication, writeChange, type ApplicationChange, type ApplicationOutcome } from "./change-application.ts";

type State = Application["state"];

const transitions = {
  accept: { from: "pending", to: "live", told: "application.updated" },
  suspend: { from: "live", to: "suspended", told: "application.suspended" },
  resume: { from: "suspended", to: "live", told: "application.updated" },
} as const satisfies Record<string, { from: State; to: State; told: string }>;

export type ApplicationTransition = keyof typeof transitions;

/** Accepts, suspends or resumes an application, if its state allows that. Undefined if there is no such application. */
export const changeApplicationState = (
  pool: Pool,
  { transition, ...change }: ApplicationChange & { readonly transition: ApplicationTransition },
): Promise<ApplicationOutcome | undefined> =>
  withApplication<ApplicationOutcome>(pool, change, async (locked) => {
    const { from, to, told } = transitions[transition];
    const { application } = locked;
    if (application.state !== from) return refuseTransition(transition);
    return writeChange(locked, { ...application, state: to }, [{ type: told, previous: { state: from } }]);
  });
