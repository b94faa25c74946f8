import { DescriptionList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { pathOf, type Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { applicationPlansQuery } from "../../api/management/plan-queries.ts";
import { Fact } from "../../components/fact.tsx";
import { PlanChange } from "../../components/plans/plan-change.tsx";
import { StateLabel } from "../../components/state-label.tsx";
import { When } from "../../components/when.tsx";

export function ApplicationFacts({ application }: { application: Application }) {
  const { data: plans = [] } = useQuery(applicationPlansQuery(useManagement(), application.service_id));
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
        <PlanChange
          path={`${pathOf(key)}/change_plan`}
          stale={[["applications"]]}
          plans={plans}
          present={{ id: application.plan_id, name: application.plan_name }}
        />
      </Fact>
      <Fact term="Created">
        <When at={application.created_at} isExact />
      </Fact>
      <Fact term="Changed">
        <When at={application.updated_at} isExact />
      </Fact>
    </DescriptionList>
  );
}
