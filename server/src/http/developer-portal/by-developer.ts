import type { By } from "#access/index.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Developer } from "./find-developer.ts";

/** Returns the cause recorded for a signed-in developer's change. */
export const byDeveloper = ({ clock }: { readonly clock: Clock }, { user }: Developer): By => ({
  actor: { kind: "developer", userId: user.id },
  channel: "developer_portal",
  now: clock.now(),
});
