import { Alert, AlertActionLink } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";

import { settled } from "../../api/api-client.ts";
import { useApi } from "../../api/api-context.ts";
import { pathOf, type ApplicationKey } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { planRequestsQuery, type PlanRequest } from "../../api/plan-request-queries.ts";
import { useChange } from "../../components/use-change.ts";
import { When } from "../../components/when.tsx";

/** The plan that is asked for this application, to be granted or declined. */
export function PlanRequestNotice({ applicationKey }: { applicationKey: ApplicationKey }) {
  const { data: requests = [] } = useQuery(planRequestsQuery(useApi()));
  const request = requests.find(({ application_id }) => application_id === applicationKey.id);
  return request ? <Decision applicationKey={applicationKey} request={request} /> : null;
}

function Decision({ applicationKey, request }: { applicationKey: ApplicationKey; request: PlanRequest }) {
  const api = useApi();
  const management = useManagement();
  const { plan_id, plan_name, asked_by, created_at } = request;
  const stale = [["applications"]];
  const grant = useChange({
    change: () => management.change(`${pathOf(applicationKey)}/change_plan`, { plan_id }),
    stale,
    done: "The plan was changed",
    failed: "The plan could not be changed",
  });
  const decline = useChange({
    change: () =>
      settled(api.DELETE("/api/v1/applications/{id}/plan_request", { params: { path: { id: applicationKey.id } } })),
    stale,
    done: "The plan stays as it is",
    failed: "The request could not be declined",
  });
  const isBusy = grant.isPending || decline.isPending;
  return (
    <Alert
      isInline
      component="h2"
      variant="info"
      title={`${asked_by ?? "Somebody"} asks for the plan ${plan_name}`}
      actionLinks={
        <>
          <AlertActionLink isDisabled={isBusy} onClick={() => grant.mutate(undefined)}>
            Move to {plan_name}
          </AlertActionLink>
          <AlertActionLink isDisabled={isBusy} onClick={() => decline.mutate(undefined)}>
            Decline
          </AlertActionLink>
        </>
      }
    >
      Asked <When at={created_at} />.
    </Alert>
  );
}
