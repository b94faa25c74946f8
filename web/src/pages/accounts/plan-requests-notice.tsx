import { Alert, List, ListItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { accountPlanRequestsQuery } from "../../api/account-plan-request-queries.ts";
import { useApi } from "../../api/api-context.ts";

/** Which accounts wait for somebody to decide about their plan. */
export function PlanRequestsNotice() {
  const { data: requests = [] } = useQuery(accountPlanRequestsQuery(useApi()));
  if (requests.length === 0) return null;
  return (
    <Alert isInline component="h2" variant="info" className="bellwire-notice" title="Accounts ask for another plan">
      <List isPlain>
        {requests.map(({ account_id, org_name, plan_name }) => (
          <ListItem key={account_id}>
            <Link to="/accounts/$id" params={{ id: String(account_id) }}>
              {org_name}
            </Link>
            : {plan_name}
          </ListItem>
        ))}
      </List>
    </Alert>
  );
}
