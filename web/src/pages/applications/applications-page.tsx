import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { applicationsQuery, planRequestsQuery } from "../../api/applications.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { useManagement } from "../../api/management-client.ts";
import { ApplicationsTable } from "../../components/applications/applications-table.tsx";
import { CreateApplication } from "../../components/applications/create-application.tsx";
import { useRowSelection } from "../../components/list-table.tsx";
import { ListPagination } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PlanRequestList } from "../../components/plans/plan-request-links.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { readApplicationSearch } from "../list-filters.ts";
import { ApplicationBulkMenu } from "./application-bulk-menu.tsx";
import { ApplicationFilters } from "./application-filters.tsx";

const route = getRouteApi("/applications");

export function ApplicationsPage() {
  const filter = readApplicationSearch(route.useSearch()); // the router passes unknown parameters through
  const navigate = useNavigate();
  const narrow = (search: Record<string, unknown>): void =>
    void navigate({ to: "/applications", search: readApplicationSearch(search), replace: true });
  const query = useQuery(applicationsQuery(useManagement(), filter));
  const { data: requests = [] } = useQuery(planRequestsQuery(useApi()));
  const ticks = useRowSelection();
  const selected = query.data?.applications.filter(({ id }) => ticks.has(id)) ?? [];
  return (
    <>
      <PageHeader title="Applications" actions={<CreateApplication />}>
        The applications of all accounts and products.
      </PageHeader>
      <PageSection isFilled>
        <PlanRequestList requests={requests} />
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

export interface NoApplicationsProps {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}

export const NoApplications = ({ isFiltered, onShowAll }: NoApplicationsProps) =>
  isFiltered ? (
    <EmptyState titleText="No application matches" icon={SearchIcon} headingLevel="h2">
      <EmptyStateBody>Search for a part of a name, or for a full application id or user key.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onShowAll}>
            Show all applications
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  ) : (
    <EmptyState titleText="No applications yet" icon={CubesIcon} headingLevel="h2">
      <EmptyStateBody>
        Each account gets one application on the default plan when it signs up. Developers create more in the Developer
        Portal.
      </EmptyStateBody>
    </EmptyState>
  );
