import { PageSection, Tab, TabTitleText, Tabs, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type FailureFilter, failuresQuery } from "../../api/deliveries.ts";
import { EndpointFilter } from "../../components/endpoint/endpoint-filter.tsx";
import { RunningJobs } from "../../components/jobs/job-progress.tsx";
import { LiveLabel } from "../../components/labels.tsx";
import { LoadMore, SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { type FailureView, readFailureSearch } from "../list-filters.ts";
import { FailureGroups } from "./failure-groups.tsx";
import { FailureList } from "./failure-list.tsx";
import { NoFailures } from "./no-failures.tsx";

const route = getRouteApi("/failures");

export function FailuresPage() {
  const { view = "causes", ...filter } = route.useSearch();
  const navigate = useNavigate();
  const show = (chosen: unknown): void =>
    void navigate({ to: "/failures", search: readFailureSearch({ ...filter, view: chosen }) });
  return (
    <>
      <PageHeader title="Failures" actions={<LiveLabel />}>
        Deliveries without attempts left. They stay here until you retry or delete them.
      </PageHeader>
      <PageSection isFilled>
        <RunningJobs />
        <Tabs
          className="bellwire-notice"
          activeKey={view}
          onSelect={(_, key) => show(key)}
          aria-label="Views of failures"
        >
          <Tab eventKey="causes" title={<TabTitleText>By cause</TabTitleText>} />
          <Tab eventKey="list" title={<TabTitleText>List</TabTitleText>} />
        </Tabs>
        <FailureFilters filter={filter} view={view} />
        {view === "causes" ? <FailureGroups endpointId={filter.endpoint_id} /> : <FailureListView filter={filter} />}
      </PageSection>
    </>
  );
}

function FailureListView({ filter }: { filter: FailureFilter }) {
  const query = useInfiniteQuery(failuresQuery(useApi(), filter));
  return (
    <>
      <Loaded query={query} skeleton={<TableSkeleton of="failures" />}>
        {({ pages }) => {
          const failures = pages.flatMap((page) => page.data);
          const [first] = pages;
          if (!first || failures.length === 0) return <NoFailures isFiltered={filter.endpoint_id !== undefined} />;
          return <FailureList key={JSON.stringify(filter)} failures={failures} filter={filter} upTo={first.upTo} />;
        }}
      </Loaded>
      <LoadMore query={query} />
    </>
  );
}

const orders = [
  { value: "newest", label: "Newest first" },
  { value: "oldest", label: "Oldest first" },
];

function FailureFilters({ filter, view }: { filter: FailureFilter; view: FailureView }) {
  const navigate = useNavigate();
  const choose = (field: keyof FailureFilter) => (value: string | undefined) =>
    void navigate({ to: "/failures", search: readFailureSearch({ ...filter, view, [field]: value }) });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent>
        <EndpointFilter endpointId={filter.endpoint_id} onChange={choose("endpoint_id")} />
        {view === "list" && (
          <SelectFilter label="Order" value={filter.order ?? "newest"} options={orders} onChange={choose("order")} />
        )}
      </ToolbarContent>
    </Toolbar>
  );
}
