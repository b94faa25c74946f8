import { Button, DescriptionList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { pathOf, type Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { applicationPlansQuery } from "../../api/management/plan-queries.ts";
import { ChangePlanDialog } from "../../components/change-plan-dialog.tsx";
import { Fact } from "../../components/fact.tsx";
import { StateLabel } from "../../components/state-label.tsx";
import { When } from "../../components/when.tsx";

export function ApplicationFacts({ application }: { application: Application }) {
  const { data: plans = [] } = useQuery(applicationPlansQuery(useManagement(), application.service_id));
  const [isChoosing, setChoosing] = useState(false);
  const key = { accountId: application.account_id, id: application.id };
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <StateLabel state={application.state} />
      </Fact>
      <Fact term="Account">
        <Link to="/accounts/$id" params={{ id: String(application.account_id) }}>
          {application.org_name}
        </Link>
      </Fact>
      <Fact term="Product">{application.service_name}</Fact>
      <Fact term="Plan">
        {application.plan_name}{" "}
        {plans.length > 1 && (
          <Button variant="link" isInline onClick={() => setChoosing(true)}>
            Change
          </Button>
        )}
      </Fact>
      <Fact term="Created">
        <When at={application.created_at} isExact />
      </Fact>
      <Fact term="Changed">
        <When at={application.updated_at} isExact />
      </Fact>
      {isChoosing && (
        <ChangePlanDialog
          path={`${pathOf(key)}/change_plan`}
          stale={[["applications"]]}
          plans={plans}
          current={application.plan_id}
          onClose={() => setChoosing(false)}
        />
      )}
    </DescriptionList>
  );
}
