import { PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { applicationQuery, pathOf, type Application } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { presentOf } from "../../api/present-of.ts";
import { DetailsForm } from "../../components/details-form.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageBreadcrumb } from "../../components/page-breadcrumb.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SectionCard } from "../../components/section-card.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { ApplicationActions } from "./application-actions.tsx";
import { ApplicationFacts } from "./application-facts.tsx";
import { KeyList } from "./key-list.tsx";
import { PlanRequestNotice } from "./plan-request-notice.tsx";
import { ReferrerFilterList } from "./referrer-filter-list.tsx";
import { UserKey } from "./user-key.tsx";

const route = getRouteApi("/accounts/$accountId/applications/$id");

export function ApplicationPage() {
  const params = route.useParams();
  const key = { accountId: Number(params.accountId), id: Number(params.id) };
  const query = useQuery(applicationQuery(useManagement(), key));
  const application = presentOf(query);
  const name = application?.name || "Application";
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/applications" list="Applications" here={name} />}
        actions={application && <ApplicationActions application={application} />}
      />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the application" />}>
          {(loaded) => <ApplicationView key={loaded.id} application={loaded} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function ApplicationView({ application }: { application: Application }) {
  const key = { accountId: application.account_id, id: application.id };
  return (
    <Stack hasGutter>
      <PlanRequestNotice applicationKey={key} />
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
          path={pathOf(key)}
          saved={application}
          stale={[["applications"]]}
          noun="application"
        />
      </SectionCard>
    </Stack>
  );
}
