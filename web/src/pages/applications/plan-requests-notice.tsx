import { Alert, List, ListItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { planRequestsQuery } from "../../api/plan-request-queries.ts";

/** Which applications wait for somebody to decide about their plan. */
export function PlanRequestsNotice() {
  const { data: requests = [] } = useQuery(planRequestsQuery(useApi()));
  if (requests.length === 0) return null;
  return (
    <Alert isInline component="h2" variant="info" className="bellwire-notice" title="Developers ask for another plan">
      <List isPlain>
        {requests.map(({ application_id, application_name, account_id, org_name, plan_name }) => (
          <ListItem key={application_id}>
            <Link
              to="/accounts/$accountId/applications/$id"
              params={{ accountId: String(account_id), id: String(application_id) }}
            >
              {application_name}
            </Link>{" "}
            of {org_name}: {plan_name}
          </ListItem>
        ))}
      </List>
    </Alert>
  );
}
