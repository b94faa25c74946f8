import {
  EmptyState,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Toolbar,
  ToolbarContent,
} from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type FailureFilter, failuresQuery } from "../../api/deliveries.ts";
import { EndpointFilter } from "../../components/endpoint/endpoint-filter.tsx";
import { LiveLabel } from "../../components/labels.tsx";
import { LoadMore, SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { LinkButton, PageHeader } from "../../components/page-header.tsx";
import { readFailureSearch } from "../list-filters.ts";
import { FailureList } from "./failure-list.tsx";

const route = getRouteApi("/failures");

export function FailuresPage() {
  const filter = route.useSearch();
  const query = useInfiniteQuery(failuresQuery(useApi(), filter));
  return (
    <>
      <PageHeader title="Failures" actions={<LiveLabel />}>
        Deliveries without attempts left. They stay here until you retry or delete them.
      </PageHeader>
      <PageSection isFilled>
        <FailureFilters filter={filter} />
        <Loaded query={query} skeleton={<TableSkeleton of="failures" />}>
          {({ pages }) => {
            const failures = pages.flatMap((page) => page.data);
            const [first] = pages;
            if (!first || failures.length === 0) return <NoFailures isFiltered={filter.endpoint_id !== undefined} />;
            return <FailureList key={JSON.stringify(filter)} failures={failures} filter={filter} upTo={first.upTo} />;
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}

const orders = [
  { value: "newest", label: "Newest first" },
  { value: "oldest", label: "Oldest first" },
];

export function FailureFilters({ filter }: { filter: FailureFilter }) {
  const navigate = useNavigate();
  const choose = (field: keyof FailureFilter) => (value: string | undefined) =>
    void navigate({ to: "/failures", search: readFailureSearch({ ...filter, [field]: value }) });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <EndpointFilter endpointId={filter.endpoint_id} onChange={choose("endpoint_id")} />
        <SelectFilter label="Order" value={filter.order ?? "newest"} options={orders} onChange={choose("order")} />
      </ToolbarContent>
    </Toolbar>
  );
}

export function NoFailures({ isFiltered }: { isFiltered: boolean }) {
  return (
    <EmptyState
      status="success"
      titleText={isFiltered ? "No failures of this endpoint" : "No failures"}
      headingLevel="h2"
    >
      <EmptyStateBody>
        A delivery appears here after its last attempt has failed. Repair the receiver, then retry. The receiver gets
        the same id and the same bytes.
      </EmptyStateBody>
      {isFiltered && (
        <EmptyStateFooter>
          <LinkButton to="/failures" search={{}} variant="link">
            Show the failures of all endpoints
          </LinkButton>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
