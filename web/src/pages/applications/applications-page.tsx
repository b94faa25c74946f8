import { PageSection } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";

import { applicationsQuery } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ApplicationsTable } from "../../components/applications-table.tsx";
import { useTicks } from "../../components/bulk/use-ticks.ts";
import { CreateApplication } from "../../components/create-application/create-application.tsx";
import { ListPagination } from "../../components/list-pagination.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { ApplicationBulkMenu } from "./application-bulk-menu.tsx";
import { ApplicationFilters } from "./application-filters.tsx";
import { readApplicationSearch } from "./application-search.ts";
import { NoApplications } from "./no-applications.tsx";
import { PlanRequestsNotice } from "./plan-requests-notice.tsx";

const route = getRouteApi("/applications");

export function ApplicationsPage() {
  const filter = readApplicationSearch(route.useSearch()); // the router lets what it does not know through
  const navigate = useNavigate();
  const narrow = (search: Record<string, unknown>): void =>
    void navigate({ to: "/applications", search: readApplicationSearch(search), replace: true });
  const query = useQuery(applicationsQuery(useManagement(), filter));
  const ticks = useTicks();
  const selected = query.data?.applications.filter(({ id }) => ticks.ticked.has(id)) ?? [];
  return (
    <>
      <PageHeader title="Applications" actions={<CreateApplication />}>
        Of all accounts and products: each has credentials, and is on a plan.
      </PageHeader>
      <PageSection isFilled>
        <PlanRequestsNotice />
        <ApplicationFilters filter={filter} onNarrow={narrow}>
          <ApplicationBulkMenu selected={selected} onDone={(ids) => ticks.onTick(ids, false)} />
        </ApplicationFilters>
        <Loaded query={query} skeleton={<TableSkeleton of="applications" />}>
          {({ applications, total }) =>
            applications.length === 0 ? (
              <NoApplications isFiltered={Object.keys(filter).length > 0} onShowAll={() => narrow({})} />
            ) : (
              <>
                <ApplicationsTable applications={applications} showsAccount ticks={ticks} />
                <ListPagination
                  total={total}
                  page={filter.page ?? 1}
                  onPage={(page) =>
                    void navigate({ to: "/applications", search: readApplicationSearch({ ...filter, page }) })
                  }
                />
              </>
            )
          }
        </Loaded>
      </PageSection>
    </>
  );
}
