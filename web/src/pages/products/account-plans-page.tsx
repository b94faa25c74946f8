import { PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useManagement } from "../../api/management-client.ts";
import { accountPlansQuery } from "../../api/products.ts";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { CreatePlan, PlanList } from "../../components/plans/plan-list.tsx";

export function AccountPlansPage() {
  const query = useQuery(accountPlansQuery(useManagement()));
  return (
    <>
      <PageHeader title="Account plans" actions={<CreatePlan path="account_plans" />}>
        Every account has a plan. New accounts get the default plan, and wait if it requires approval.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="plans" />}>
          {(plans) => <PlanList path="account_plans" plans={plans} />}
        </Loaded>
      </PageSection>
    </>
  );
}
