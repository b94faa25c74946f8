import { Button, type ButtonProps } from "@patternfly/react-core";
import { useState } from "react";

import { mayChangePlans } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { PlanDialog } from "./plan-dialog.tsx";

export interface CreatePlanProps extends Pick<ButtonProps, "variant" | "size"> {
  /** Where these plans are, in the API: `account_plans`. */
  readonly path: string;
}

/** The button, for those who may. */
export function CreatePlan({ path, ...look }: CreatePlanProps) {
  const mayChange = mayChangePlans(useSession());
  const [isCreating, setCreating] = useState(false);
  if (!mayChange) return null;
  return (
    <>
      <Button {...look} onClick={() => setCreating(true)}>
        Create a plan
      </Button>
      {isCreating && <PlanDialog path={path} onClose={() => setCreating(false)} />}
    </>
  );
}
