import { EmptyState, EmptyStateBody, PageSection, Toolbar, ToolbarContent } from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";

import { applicationsQuery, applicationStates } from "../../api/management/application-queries.ts";
import { useManagement } from "../../api/management/management-context.ts";
import { ApplicationsTable } from "../../components/applications-table.tsx";
import { CreateApplication } from "../../components/create-application/create-application.tsx";
import { ListPagination } from "../../components/list-pagination.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SelectFilter } from "../../components/select-filter.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { readApplicationSearch } from "./application-search.ts";
import { PlanRequestsNotice } from "./plan-requests-notice.tsx";

const route = getRouteApi("/applications");

export function ApplicationsPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  const query = useQuery(applicationsQuery(useManagement(), filter));
  return (
    <>
      <PageHeader title="Applications" actions={<CreateApplication />}>
        Of all accounts and products: each has credentials, and is on a plan.
      </PageHeader>
      <PageSection isFilled>
        <PlanRequestsNotice />
        <Toolbar inset={{ default: "insetNone" }}>
          <ToolbarContent>
            <SelectFilter
              label="State"
              all="Every state"
              value={filter.state}
              options={applicationStates.map((value) => ({
                value,
                label: value.charAt(0).toUpperCase() + value.slice(1),
              }))}
              onChange={(state) =>
                void navigate({ to: "/applications", search: readApplicationSearch({ state }), replace: true })
              }
            />
          </ToolbarContent>
        </Toolbar>
        <Loaded query={query} skeleton={<TableSkeleton of="applications" />}>
          {({ applications, total }) =>
            applications.length === 0 ? (
              <EmptyState titleText="No applications here" icon={CubesIcon} headingLevel="h2">
                <EmptyStateBody>
                  Each account gets one on the default plan when it signs up. Developers make more in the Developer
                  Portal.
                </EmptyStateBody>
              </EmptyState>
            ) : (
              <>
                <ApplicationsTable applications={applications} showsAccount />
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
