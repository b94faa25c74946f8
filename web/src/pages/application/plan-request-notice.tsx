import { useQuery, useQueryClient } from "@tanstack/react-query";

import { settled } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { pathOf, type ApplicationKey } from "../../api/management/application-queries.ts";
import { planRequestsQuery } from "../../api/plan-request-queries.ts";
import { PlanDecision } from "../../components/plans/plan-decision.tsx";

/** The plan that is asked for this application, to be granted or declined. */
export function PlanRequestNotice({ applicationKey }: { applicationKey: ApplicationKey }) {
  const api = useApi();
  const client = useQueryClient();
  const query = planRequestsQuery(api);
  const { data: requests = [] } = useQuery(query);
  const findIn = (all: typeof requests) => all.find(({ application_id }) => application_id === applicationKey.id);
  const request = findIn(requests);
  const path = { id: applicationKey.id };
  return request ? (
    <PlanDecision
      request={request}
      path={`${pathOf(applicationKey)}/change_plan`}
      readAgain={async () => findIn(await client.fetchQuery({ ...query, staleTime: 0 }))}
      decline={() => settled(api.DELETE("/api/v1/applications/{id}/plan_request", { params: { path } }))}
      stale={[["applications"]]}
    />
  ) : null;
}
