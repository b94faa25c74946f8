import type { QueryKey } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../api/management/management-context.ts";
import { SelectField } from "./form/select-field.tsx";
import { FormDialog } from "./form/form-dialog.tsx";
import { planOptions, type PlanOnOffer } from "./plans/plan-options.ts";
import { toldToEndpoints } from "./told-to-endpoints.ts";
import { useChange } from "./use-change.ts";

export interface ChangePlanDialogProps {
  /** Of the operation that moves the account or application. */
  readonly path: string;
  readonly stale: readonly QueryKey[];
  /** What it can go to. */
  readonly plans: readonly PlanOnOffer[];
  /** The name of the plan that it is on. */
  readonly present: string;
  /** That plan was made for it alone, and goes when it leaves. */
  readonly isCustom?: boolean;
  readonly onClose: () => void;
}

export function ChangePlanDialog({ path, stale, plans, present, isCustom = false, onClose }: ChangePlanDialogProps) {
  const api = useManagement();
  const [planId, setPlanId] = useState("");
  const { mutate, isPending, errors } = useChange({
    change: () => api.change(path, { plan_id: Number(planId) }),
    stale: [...stale, ["plans"]],
    done: "The plan was changed",
    failed: "The plan could not be changed",
    fields: ["plan_id"],
    onDone: onClose,
  });
  const leaves = isCustom ? " That plan was made for this application alone, and is deleted." : "";
  return (
    <FormDialog
      title="Change the plan"
      description={`Now on ${present}.${leaves} The new plan holds at once. ${toldToEndpoints}`}
      submit="Change the plan"
      isBusy={isPending}
      isDisabled={!planId}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <SelectField
        id="plan_id"
        label="New plan"
        errors={errors["plan_id"]}
        value={planId}
        options={planOptions(plans)}
        onChange={setPlanId}
      />
    </FormDialog>
  );
}
