import { Alert, List, ListItem } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import type { AccountPlanRequest } from "../../api/accounts.ts";
import type { PlanRequest } from "../../api/applications.ts";
import { Name } from "../labels.tsx";

export interface PlanRequestListProps {
  readonly requests: readonly (AccountPlanRequest | PlanRequest)[];
}

/** Lists open plan requests, with links to the pages on which they are decided. */
export const PlanRequestList = ({ requests }: PlanRequestListProps) =>
  requests.length > 0 && (
    <Alert isInline component="h2" variant="info" className="bellwire-notice" title="Plan change requests">
      <List isPlain>
        {requests.map((request) => (
          <ListItem key={"application_id" in request ? request.application_id : request.account_id}>
            <PlanRequestLink request={request} />
            {"application_id" in request && (
              <>
                {" "}
                of <Name>{request.org_name}</Name>
              </>
            )}
            : <Name>{request.plan_name}</Name>
          </ListItem>
        ))}
      </List>
    </Alert>
  );

/** Links to the page on which the requested plan is granted or declined. */
export function PlanRequestLink({ request }: { request: AccountPlanRequest | PlanRequest }) {
  if ("application_id" in request) {
    const params = { accountId: String(request.account_id), id: String(request.application_id) };
    return (
      <Link to="/accounts/$accountId/applications/$id" params={params}>
        <Name>{request.application_name}</Name>
      </Link>
    );
  }
  return (
    <Link to="/accounts/$id" params={{ id: String(request.account_id) }}>
      <Name>{request.org_name}</Name>
    </Link>
  );
}
