import { Button, type ButtonProps, Checkbox, Content, Label } from "@patternfly/react-core";
import { useMemo, useState } from "react";
import { type Values, useManagement } from "../../api/management-client.ts";
import type { AccountPlan } from "../../api/products.ts";
import { mayChangePlans, useSession } from "../../api/session.tsx";
import { TextField } from "../form/fields.tsx";
import { DeleteDialog, FormDialog } from "../form/form-dialog.tsx";
import { useChange, useDialogForm } from "../form/use-change.ts";
import { nameInText } from "../words.ts";
import { type ListColumn, ListTable } from "../list-table.tsx";
import { InPortions } from "../lists.tsx";
import { PlanName } from "./plan-change.tsx";

interface PlanKindProps {
  /** The path of the plans in the API: `account_plans`. */
  readonly path: string;
  /** What is on these plans. 3scale's plans of subscriptions have no costs to set. */
  readonly of: "accounts" | "applications" | "subscriptions";
}

export interface PlanListProps extends PlanKindProps {
  readonly plans: readonly AccountPlan[];
  /** Says what is missing without a plan. */
  readonly empty: string;
  /** The product of application plans, which have pages of their own. */
  readonly productId?: number;
}

/** Lists the plans of accounts or of a product, and lets the admin edit, publish, hide and delete them. */
export function PlanList({ path, of, plans, empty, productId }: PlanListProps) {
  const mayChange = mayChangePlans(useSession());
  const [toEdit, setToEdit] = useState<AccountPlan>();
  const [toDelete, setToDelete] = useState<AccountPlan>();
  const { change, makeDefault, remove } = usePlanActions(path, () => setToDelete(undefined));
  const columns = useMemo(
    () => [nameColumn(productId), ...plainColumns, ...(of === "subscriptions" ? [] : costColumns)],
    [productId, of],
  );
  const actionsOf = (plan: AccountPlan) => [
    { title: "Edit", onClick: () => setToEdit(plan) },
    plan.state === "published"
      ? { title: "Hide", onClick: () => change.mutate({ id: plan.id, values: { state_event: "hide" } }) }
      : { title: "Publish", onClick: () => change.mutate({ id: plan.id, values: { state_event: "publish" } }) },
    ...(plan.default ? [] : [{ title: "Make default", onClick: () => makeDefault.mutate(plan.id) }]),
    { title: "Delete", isDanger: true, onClick: () => setToDelete(plan) },
  ];
  return (
    <>
      {plans.length > 0 ? (
        <InPortions rows={plans}>
          {(shown) => (
            <ListTable
              label={`Plans of ${of}`}
              rows={shown}
              columns={columns}
              keyOf={({ id }) => id}
              nameOf={({ name }) => name}
              actionsOf={mayChange ? actionsOf : undefined}
              isBusy={change.isPending || makeDefault.isPending || remove.isPending}
            />
          )}
        </InPortions>
      ) : (
        <Content component="p">{empty}</Content>
      )}
      {toEdit && <PlanDialog path={path} of={of} plan={toEdit} onClose={() => setToEdit(undefined)} />}
      {toDelete && (
        <DeleteDialog
          title={`Delete ${nameInText(toDelete.name)}?`}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          A deleted plan cannot be restored. A plan in use cannot be deleted: change the plan of its {of} first.
        </DeleteDialog>
      )}
    </>
  );
}

function usePlanActions(path: string, onDeleted: () => void) {
  const api = useManagement();
  const stale = [["plans"]];
  const failed = "The plan could not be updated";
  const change = useChange({
    change: ({ id, values }: { id: number; values: Values }) => api.update(`${path}/${id}`, values),
    stale,
    done: "The plan was updated",
    failed,
  });
  const makeDefault = useChange({
    change: (id: number) => api.update(`${path}/${id}/default`),
    stale,
    done: "The plan is now the default",
    failed,
  });
  const remove = useChange({
    change: (id: number) => api.delete(`${path}/${id}`),
    stale,
    done: "The plan was deleted",
    failed: "The plan could not be deleted",
    onDone: onDeleted,
  });
  return { change, makeDefault, remove };
}

const nameColumn = (productId: number | undefined): ListColumn<AccountPlan> => ({
  title: "Plan",
  show: (plan) => (
    <>
      <PlanName plan={plan} productId={productId} /> {plan.default && <Label isCompact>Default</Label>}
    </>
  ),
  place: "title",
  isName: true,
});

const plainColumns: readonly ListColumn<AccountPlan>[] = [
  { title: "State", show: ({ state }) => (state === "published" ? "Published" : "Hidden"), place: "state" },
  {
    title: "Approval",
    show: (plan) => (plan.approval_required ? "Required" : "None"),
    place: "below",
    isLabelled: true,
  },
];

const costColumns: readonly ListColumn<AccountPlan>[] = [
  { title: "Cost per month", show: (plan) => plan.cost_per_month, place: "start", isLabelled: true },
  { title: "Setup fee", show: (plan) => plan.setup_fee, place: "middle", isLabelled: true },
  {
    title: "Trial",
    show: ({ trial_period_days: days }) => (days === 0 ? "None" : days === 1 ? "1 day" : `${days} days`),
    place: "end",
    isLabelled: true,
  },
];

export type CreatePlanProps = PlanKindProps & Pick<ButtonProps, "variant" | "size">;

/** The button for users who may change plans. An open dialog keeps its input when they may no longer. */
export function CreatePlan({ path, of, ...look }: CreatePlanProps) {
  const mayChange = mayChangePlans(useSession());
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      {mayChange && (
        <Button {...look} onClick={() => setCreating(true)}>
          Create a plan
        </Button>
      )}
      {isCreating && <PlanDialog path={path} of={of} onClose={() => setCreating(false)} />}
    </>
  );
}

interface PlanDialogProps extends PlanKindProps {
  /** Without it, the dialog creates a plan. */
  readonly plan?: AccountPlan;
  readonly onClose: () => void;
}

const fields = ["name", "cost_per_month", "setup_fee", "trial_period_days"] as const;

const newPlan = { name: "", cost_per_month: 0, setup_fee: 0, trial_period_days: 0, approval_required: false };

export function PlanDialog({ path, of, plan, onClose }: PlanDialogProps) {
  const api = useManagement();
  const planPath = plan && `${path}/${plan.id}`;
  const { field, dialog, values, type } = useDialogForm({
    saved: { ...(plan ?? newPlan) },
    fields,
    path: planPath,
    change: (typed) => (planPath ? api.update(planPath, typed) : api.create(path, typed)),
    stale: [["plans"], ["accounts"], ["applications"]], // these show the plan's name
    done: plan ? "The plan was updated" : "The plan was created",
    failed: plan ? "The plan could not be updated" : "The plan could not be created",
    leave: onClose,
    onClose,
  });
  return (
    <FormDialog
      title={plan ? `Edit ${nameInText(plan.name)}` : "Create a plan"}
      submit={plan ? "Save" : "Create"}
      {...dialog}
    >
      <TextField {...field("name")} label="Name" isRequired />
      {of !== "subscriptions" && (
        <>
          <TextField
            {...field("cost_per_month")}
            label="Cost per month"
            input={{ type: "number", min: 0, step: "any" }}
          />
          <TextField {...field("setup_fee")} label="Setup fee" input={{ type: "number", min: 0, step: "any" }} />
          <TextField {...field("trial_period_days")} label="Trial period in days" input={{ type: "number", min: 0 }} />
        </>
      )}
      <Checkbox
        id="approval_required"
        label="Approval required"
        description={`New ${of} on this plan wait for your approval`}
        isChecked={values["approval_required"] === true}
        onChange={(_, approval_required) => type({ approval_required })}
      />
    </FormDialog>
  );
}
