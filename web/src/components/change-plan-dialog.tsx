import type { QueryKey } from "@tanstack/react-query";
import { useState } from "react";

import { useManagement } from "../api/management/management-context.ts";
import { SelectField } from "./form/select-field.tsx";
import { FormDialog } from "./form/form-dialog.tsx";
import { useChange } from "./use-change.ts";

export interface ChangePlanDialogProps {
  /** Of the operation that moves the account or application. */
  readonly path: string;
  readonly stale: readonly QueryKey[];
  readonly plans: readonly { readonly id: number; readonly name: string; readonly state: string }[];
  readonly current: number;
  readonly onClose: () => void;
}

export function ChangePlanDialog({ path, stale, plans, current, onClose }: ChangePlanDialogProps) {
  const api = useManagement();
  const [planId, setPlanId] = useState(String(current));
  const { mutate, isPending, errors } = useChange({
    change: () => api.change(path, { plan_id: Number(planId) }),
    stale,
    done: "The plan was changed",
    failed: "The plan could not be changed",
    fields: ["plan_id"],
    onDone: onClose,
  });
  return (
    <FormDialog
      title="Change the plan"
      description="It holds from now on, and is told by a webhook of its own."
      submit="Change the plan"
      isBusy={isPending}
      onSubmit={() => mutate(undefined)}
      onClose={onClose}
    >
      <SelectField
        id="plan_id"
        label="Plan"
        errors={errors["plan_id"]}
        value={planId}
        options={plans.map(({ id, name, state }) => ({
          value: String(id),
          label: state === "hidden" ? `${name} (hidden)` : name,
        }))}
        onChange={setPlanId}
      />
    </FormDialog>
  );
}
