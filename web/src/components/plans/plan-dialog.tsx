import { Checkbox } from "@patternfly/react-core";

import { useManagement } from "../../api/management/management-context.ts";
import type { AccountPlan } from "../../api/management/plan-queries.ts";
import { FormDialog } from "../form/form-dialog.tsx";
import { TextField } from "../form/text-field.tsx";
import { useDialogForm } from "../form/use-dialog-form.ts";

export interface PlanDialogProps {
  readonly path: string;
  /** None: a new one is made. */
  readonly plan?: AccountPlan;
  readonly onClose: () => void;
}

const fields = ["name", "cost_per_month", "setup_fee", "trial_period_days"] as const;

const ofNewPlan = { name: "", cost_per_month: 0, setup_fee: 0, trial_period_days: 0, approval_required: false };

export function PlanDialog({ path, plan, onClose }: PlanDialogProps) {
  const api = useManagement();
  const { field, dialog, values, type } = useDialogForm({
    saved: { ...(plan ?? ofNewPlan) },
    fields,
    change: (typed) => (plan ? api.change(`${path}/${plan.id}`, typed) : api.create(path, typed)),
    stale: [["plans"], ["accounts"], ["applications"]], // which show its name
    done: plan ? "The plan was changed" : "The plan was created",
    failed: plan ? "The plan could not be changed" : "The plan could not be created",
    onDone: onClose,
    onClose,
  });
  return (
    <FormDialog title={plan ? `Edit ${plan.name}` : "Create a plan"} submit={plan ? "Save" : "Create"} {...dialog}>
      <TextField {...field("name")} label="Name" isRequired />
      <TextField {...field("cost_per_month")} label="Costs a month" input={{ type: "number", min: 0, step: "any" }} />
      <TextField {...field("setup_fee")} label="Setup fee" input={{ type: "number", min: 0, step: "any" }} />
      <TextField {...field("trial_period_days")} label="Trial in days" input={{ type: "number", min: 0 }} />
      <Checkbox
        id="approval_required"
        label="Approval required"
        description="Whoever comes to this plan waits until you approve"
        isChecked={values["approval_required"] === true}
        onChange={(_, approval_required) => type({ approval_required })}
      />
    </FormDialog>
  );
}
