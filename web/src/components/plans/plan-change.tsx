import { Button } from "@patternfly/react-core";
import { useState } from "react";

import { ChangePlanDialog, type ChangePlanDialogProps } from "../change-plan-dialog.tsx";

export interface PlanChangeProps extends Omit<ChangePlanDialogProps, "onClose" | "present" | "isCustom"> {
  readonly present: { readonly id: number; readonly name: string };
}

/** The plan that an account or application is on, with a way to another if there is one. */
export function PlanChange({ present, plans, ...rest }: PlanChangeProps) {
  const [isChoosing, setChoosing] = useState(false);
  const others = plans.filter(({ id }) => id !== present.id);
  return (
    <>
      {present.name}{" "}
      {others.length > 0 && (
        <Button variant="link" isInline onClick={() => setChoosing(true)}>
          Change plan
        </Button>
      )}
      {isChoosing && (
        <ChangePlanDialog
          {...rest}
          plans={others}
          present={present.name}
          // What its product has for all does not list it.
          isCustom={others.length === plans.length}
          onClose={() => setChoosing(false)}
        />
      )}
    </>
  );
}
