import type { By } from "#access/index.ts";
import type { Developer } from "./find-developer.ts";
import type { Portal } from "./show-page.ts";

/** The cause of what somebody who is signed in changes here. */
export const byDeveloper = ({ clock }: Pick<Portal, "clock">, { user }: Developer): By => ({
  actor: { kind: "developer", userId: user.id },
  channel: "developer_portal",
  now: clock.now(),
});
