import { DescriptionList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { planOfAccountQuery, type Account } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { accountPlansQuery } from "../../api/management/plan-queries.ts";
import { Fact } from "../../components/fact.tsx";
import { PlanChange } from "../../components/plans/plan-change.tsx";
import { StateLabel } from "../../components/state-label.tsx";
import { When } from "../../components/when.tsx";

export function AccountFacts({ account }: { account: Account }) {
  const api = useManagement();
  const { data: plan } = useQuery(planOfAccountQuery(api, account.id));
  const { data: plans = [] } = useQuery(accountPlansQuery(api));
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <StateLabel state={account.state} />
      </Fact>
      <Fact term="Account plan">
        {plan && (
          <PlanChange path={`accounts/${account.id}/change_plan`} stale={[["accounts"]]} plans={plans} present={plan} />
        )}
      </Fact>
      <Fact term="Created">
        <When at={account.created_at} isExact />
      </Fact>
      <Fact term="Changed">
        <When at={account.updated_at} isExact />
      </Fact>
    </DescriptionList>
  );
}
