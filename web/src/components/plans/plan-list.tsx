import { Content } from "@patternfly/react-core";
import { useState } from "react";

import type { AccountPlan } from "../../api/management/plan-queries.ts";
import { mayChangePlans } from "../../api/session.ts";
import { useSession } from "../../api/session-context.ts";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { PlanDialog } from "./plan-dialog.tsx";
import { PlansTable } from "./plans-table.tsx";
import { usePlanActions } from "./use-plan-actions.ts";

export interface PlanListProps {
  /** Where these plans are, in the API: `account_plans`. */
  readonly path: string;
  readonly plans: readonly AccountPlan[];
}

/** Plans of accounts, or of one product's applications: to be changed, published, hidden and deleted. */
export function PlanList({ path, plans }: PlanListProps) {
  const mayChange = mayChangePlans(useSession());
  const [toEdit, setToEdit] = useState<AccountPlan>();
  const [toDelete, setToDelete] = useState<AccountPlan>();
  const { change, makeDefault, remove } = usePlanActions(path, () => setToDelete(undefined));
  const itemsFor = (plan: AccountPlan) => [
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
        <PlansTable
          plans={plans}
          isBusy={change.isPending || makeDefault.isPending || remove.isPending}
          itemsFor={mayChange ? itemsFor : undefined}
        />
      ) : (
        <Content component="p">Without a plan nobody can sign up for it. Make one, and make it the default.</Content>
      )}
      {toEdit && <PlanDialog path={path} plan={toEdit} onClose={() => setToEdit(undefined)} />}
      {toDelete && (
        <ConfirmDialog
          title={`Delete ${toDelete.name}?`}
          confirm="Delete"
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate(toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          <Content component="p">
            It cannot be brought back. A plan that somebody is on stays: move them to another one first.
          </Content>
        </ConfirmDialog>
      )}
    </>
  );
}
