import { Label, type LabelProps } from "@patternfly/react-core";

import type { AccountState } from "../api/management/account-queries.ts";
import type { ApplicationState } from "../api/management/application-queries.ts";
import type { User } from "../api/management/user-queries.ts";

type State = AccountState | ApplicationState | User["state"];

const looks = {
  created: { color: "grey" },
  pending: { color: "blue" },
  approved: { status: "success" },
  active: { status: "success" },
  live: { status: "success" },
  rejected: { status: "danger" },
  suspended: { status: "warning" },
  email_unverified: { color: "orange" },
  scheduled_for_deletion: { status: "danger" },
} as const satisfies Record<State, LabelProps>;

/** The state of an account, a user or an application. */
export function StateLabel({ state }: { state: State }) {
  const words = state.replaceAll("_", " ");
  return (
    <Label isCompact {...looks[state]}>
      {words.charAt(0).toUpperCase() + words.slice(1)}
    </Label>
  );
}
