import { Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { AccountPlan } from "../../api/management/plan-queries.ts";
import { RowActions } from "../row-actions.tsx";

export interface PlansTableProps {
  readonly plans: readonly AccountPlan[];
  readonly isBusy: boolean;
  /** None for those who may look only. */
  readonly itemsFor: ((plan: AccountPlan) => { title: string; onClick: () => void }[]) | undefined;
}

export function PlansTable({ plans, isBusy, itemsFor }: PlansTableProps) {
  return (
    <Table aria-label="Plans" variant="compact">
      <Thead>
        <Tr>
          <Th>Plan</Th>
          <Th>State</Th>
          <Th>Approval</Th>
          <Th modifier="nowrap">Costs a month</Th>
          <Th modifier="nowrap">Setup fee</Th>
          <Th>Trial</Th>
          {itemsFor && <Th screenReaderText="Actions" />}
        </Tr>
      </Thead>
      <Tbody>
        {plans.map((plan) => (
          <Tr key={plan.id}>
            <Td dataLabel="Plan" modifier="breakWord">
              {plan.name} {plan.default && <Label isCompact>Default</Label>}
            </Td>
            <Td dataLabel="State">{plan.state === "published" ? "Published" : "Hidden"}</Td>
            <Td dataLabel="Approval">{plan.approval_required ? "Required" : "Not required"}</Td>
            <Td dataLabel="Costs a month">{plan.cost_per_month}</Td>
            <Td dataLabel="Setup fee">{plan.setup_fee}</Td>
            <Td dataLabel="Trial">{plan.trial_period_days > 0 ? `${plan.trial_period_days} days` : "None"}</Td>
            {itemsFor && (
              <Td isActionCell>
                <RowActions of={plan.name} isDisabled={isBusy} items={itemsFor(plan)} />
              </Td>
            )}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
