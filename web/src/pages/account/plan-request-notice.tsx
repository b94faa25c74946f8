import { useQuery, useQueryClient } from "@tanstack/react-query";

import { accountPlanRequestsQuery } from "../../api/account-plan-request-queries.ts";
import { settled } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { PlanDecision } from "../../components/plans/plan-decision.tsx";

/** The plan that is asked for this account, to be granted or declined. */
export function PlanRequestNotice({ accountId }: { accountId: number }) {
  const api = useApi();
  const client = useQueryClient();
  const query = accountPlanRequestsQuery(api);
  const { data: requests = [] } = useQuery(query);
  const findIn = (all: typeof requests) => all.find(({ account_id }) => account_id === accountId);
  const request = findIn(requests);
  const path = { id: accountId };
  return request ? (
    <PlanDecision
      request={request}
      path={`accounts/${accountId}/change_plan`}
      readAgain={async () => findIn(await client.fetchQuery({ ...query, staleTime: 0 }))}
      decline={() => settled(api.DELETE("/api/v1/accounts/{id}/plan_request", { params: { path } }))}
      stale={[["accounts"]]}
    />
  ) : null;
}
