import { useQuery } from "@tanstack/react-query";

import { accountPlanRequestsQuery } from "../../api/account-plan-request-queries.ts";
import { settled } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { PlanDecision } from "../../components/plans/plan-decision.tsx";

/** The plan that is asked for this account, to be granted or declined. */
export function PlanRequestNotice({ accountId }: { accountId: number }) {
  const api = useApi();
  const { data: requests = [] } = useQuery(accountPlanRequestsQuery(api));
  const request = requests.find(({ account_id }) => account_id === accountId);
  const path = { id: accountId };
  return request ? (
    <PlanDecision
      request={request}
      path={`accounts/${accountId}/change_plan`}
      decline={() => settled(api.DELETE("/api/v1/accounts/{id}/plan_request", { params: { path } }))}
      stale={[["accounts"]]}
    />
  ) : null;
}
