import { Button, DescriptionList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { planOfAccountQuery, type Account } from "../../api/management/account-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { accountPlansQuery } from "../../api/management/plan-queries.ts";
import { ChangePlanDialog } from "../../components/change-plan-dialog.tsx";
import { Fact } from "../../components/fact.tsx";
import { StateLabel } from "../../components/state-label.tsx";
import { When } from "../../components/when.tsx";

export function AccountFacts({ account }: { account: Account }) {
  const api = useManagement();
  const { data: plan } = useQuery(planOfAccountQuery(api, account.id));
  const { data: plans = [] } = useQuery(accountPlansQuery(api));
  const [isChoosing, setChoosing] = useState(false);
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <StateLabel state={account.state} />
      </Fact>
      <Fact term="Account plan">
        {plan?.name}{" "}
        {plan && plans.length > 1 && (
          <Button variant="link" isInline onClick={() => setChoosing(true)}>
            Change
          </Button>
        )}
      </Fact>
      <Fact term="Created">
        <When at={account.created_at} isExact />
      </Fact>
      <Fact term="Changed">
        <When at={account.updated_at} isExact />
      </Fact>
      {isChoosing && plan && (
        <ChangePlanDialog
          path={`accounts/${account.id}/change_plan`}
          stale={[["accounts"]]}
          plans={plans}
          current={plan.id}
          onClose={() => setChoosing(false)}
        />
      )}
    </DescriptionList>
  );
}
