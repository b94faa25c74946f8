import { DescriptionList, PageSection, Stack } from "@patternfly/react-core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import {
  type Application,
  type ApplicationKey,
  applicationQuery,
  applicationPath,
  planRequestsQuery,
} from "../../api/applications.ts";
import { expectSuccess, useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { applicationPlansQuery } from "../../api/products.ts";
import { Fact } from "../../components/facts.tsx";
import { DetailsForm } from "../../components/form/defined-fields.tsx";
import { ApplicationTabs } from "../../components/history/object-tabs.tsx";
import { Name, StateLabel } from "../../components/labels.tsx";
import { Loaded, TableSkeleton, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { PlanChange } from "../../components/plans/plan-change.tsx";
import { ClosedRequest, PlanDecision } from "../../components/plans/plan-requests.tsx";
import { When } from "../../components/time.tsx";
import { ApplicationActions } from "./application-actions.tsx";
import { KeyList, ReferrerFilterList, UserKey } from "./credentials.tsx";

const route = getRouteApi("/accounts/$accountId/applications/$id");
const back = { to: "/applications", label: "Go to the applications" } as const;

export function ApplicationPage() {
  const params = route.useParams();
  const key = { accountId: Number(params.accountId), id: Number(params.id) };
  const query = useQuery(applicationQuery(useManagement(), key));
  const application = useCurrentData(query);
  const name = objectTitle(query, "Application", application && (application.name || "Application"));
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/applications" list="Applications" current={name} />}
        actions={application && <ApplicationActions application={application} />}
      />
      <ApplicationTabs accountId={key.accountId} id={key.id} current="Overview" />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the application" />} back={back}>
          {(loaded) => <ApplicationView key={loaded.id} application={loaded} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function ApplicationView({ application }: { application: Application }) {
  const { request } = route.useSearch();
  const key = { accountId: application.account_id, id: application.id };
  return (
    <Stack hasGutter>
      <PlanRequestNotice applicationKey={key} isMailed={request === "plan"} />
      <SectionCard title="Application">
        <ApplicationFacts application={application} />
      </SectionCard>
      <SectionCard title="Credentials">
        {typeof application.user_key === "string" ? (
          <UserKey applicationKey={key} userKey={application.user_key} />
        ) : (
          <KeyList applicationKey={key} application={application} />
        )}
      </SectionCard>
      <SectionCard title="Referrer filters">
        <ReferrerFilterList applicationKey={key} />
      </SectionCard>
      <SectionCard title="Details">
        <DetailsForm
          target="Cinstance"
          path={applicationPath(key)}
          saved={application}
          stale={[["applications"]]}
          noun="application"
        />
      </SectionCard>
    </Stack>
  );
}

/** Grants or declines the plan request of this application. */
function PlanRequestNotice({ applicationKey, isMailed }: { applicationKey: ApplicationKey; isMailed: boolean }) {
  const api = useApi();
  const client = useQueryClient();
  const query = planRequestsQuery(api, applicationKey.id);
  const { data } = useQuery(query);
  const [request] = data ?? [];
  const path = { id: applicationKey.id };
  return (
    <>
      {isMailed && <ClosedRequest isOpen={data && data.length > 0} shown="plan" />}
      {request && (
        <PlanDecision
          request={request}
          path={`${applicationPath(applicationKey)}/change_plan`}
          readAgain={async () => (await client.fetchQuery({ ...query, staleTime: 0 }))[0]}
          decline={() => expectSuccess(api.DELETE("/api/v1/applications/{id}/plan_request", { params: { path } }))}
          stale={[["applications"]]}
        />
      )}
    </>
  );
}

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
          <Name>{application.org_name}</Name>
        </Link>
      </Fact>
      <Fact term="Product">
        <Link to="/products/$id" params={{ id: String(application.service_id) }}>
          <Name>{application.service_name}</Name>
        </Link>
      </Fact>
      <Fact term="Plan">
        <PlanChange
          path={`${applicationPath(key)}/change_plan`}
          stale={[["applications"]]}
          plans={plans}
          present={{ id: application.plan_id, name: application.plan_name }}
          productId={application.service_id}
        />
      </Fact>
      <Fact term="Created">
        <When at={application.created_at} isExact />
      </Fact>
      <Fact term="Updated">
        <When at={application.updated_at} isExact />
      </Fact>
    </DescriptionList>
  );
}
