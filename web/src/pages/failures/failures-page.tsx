import { PageSection, Tab, TabTitleText, Tabs, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { failuresQuery } from "../../api/deliveries.ts";
import type { ListFilter } from "../../api/filters.ts";
import { EndpointFilter } from "../../components/endpoint/endpoint-filter.tsx";
import { FilterBar } from "../../components/filters/filter-bar.tsx";
import { SavedViews } from "../../components/filters/saved-views.tsx";
import { ListCount } from "../../components/filters/list-count.tsx";
import { RunningJobs } from "../../components/jobs/job-progress.tsx";
import { LiveLabel } from "../../components/labels.tsx";
import { LoadMore, NoMatch, SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { FailureGroups, NoFailures } from "./failure-groups.tsx";
import { FailureList } from "./failure-list.tsx";

const route = getRouteApi("/failures");

interface Shown {
  readonly filter: ListFilter;
  readonly view: unknown;
  readonly order: unknown;
}

export function FailuresPage() {
  const { view = "causes", order = "newest", ...filter } = route.useSearch();
  const navigate = useNavigate();
  const show = (changed: Partial<Shown>): void => {
    const settings = { filter, view, order, ...changed };
    const search = {
      ...(settings.view === "list" && { view: settings.view }),
      ...settings.filter,
      ...(settings.order === "oldest" && { order: settings.order }),
    };
    void navigate({ to: "/failures", search });
  };
  const list = { filter, order };
  return (
    <>
      <PageHeader title="Failures" actions={<LiveLabel />}>
        Deliveries without attempts left. They stay here until you retry or delete them.
      </PageHeader>
      <PageSection isFilled>
        <RunningJobs exportsOf={["failures"]} />
        <Tabs
          className="bellwire-notice"
          activeKey={view}
          onSelect={(_, key) => show({ view: key })}
          aria-label="Views of failures"
        >
          <Tab eventKey="causes" title={<TabTitleText>By cause</TabTitleText>} tabContentId={panelId} />
          <Tab eventKey="list" title={<TabTitleText>List</TabTitleText>} tabContentId={panelId} />
        </Tabs>
        <div role="tabpanel" id={panelId} aria-label={view === "causes" ? "By cause" : "List"}>
          {view === "causes" ? (
            <FailureCauses
              filter={filter}
              onChange={(changed) => show({ filter: changed })}
              onChooseView={(chosen) => show({ view: "list", filter: chosen })}
            />
          ) : (
            <>
              <FilterBar list="failures" filter={filter} onChange={(changed) => show({ filter: changed })}>
                <SelectFilter
                  label="Order"
                  value={order}
                  options={orders}
                  onChange={(chosen) => show({ order: chosen })}
                />
              </FilterBar>
              <FailureListView key={JSON.stringify(list)} {...list} onClear={() => show({ filter: {} })} />
            </>
          )}
        </div>
      </PageSection>
    </>
  );
}

/** Both tabs show their rows in it. */
const panelId = "failures-view";

const orders = [
  { value: "newest", label: "Newest first" },
  { value: "oldest", label: "Oldest first" },
];

interface FailureCausesProps {
  readonly filter: ListFilter;
  readonly onChange: (filter: ListFilter) => void;
  readonly onChooseView: (filter: ListFilter) => void;
}

/** The causes of one endpoint, or of all. Other filters are kept for the list, which a saved view opens. */
function FailureCauses({ filter, onChange, onChooseView }: FailureCausesProps) {
  const { endpoint_id, ...others } = filter;
  const endpointId = endpoint_id === undefined || endpoint_id.includes(",") ? undefined : Number(endpoint_id);
  return (
    <>
      <Toolbar inset={{ default: "insetNone" }}>
        <ToolbarContent>
          <EndpointFilter
            endpointId={endpointId}
            onChange={(chosen) => onChange(chosen === undefined ? others : { ...others, endpoint_id: chosen })}
          />
          <ToolbarItem>
            <SavedViews list="failures" filter={filter} onChoose={onChooseView} />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      <FailureGroups endpointId={endpointId} />
    </>
  );
}

interface FailureListViewProps {
  readonly filter: ListFilter;
  readonly order: "newest" | "oldest";
  readonly onClear: () => void;
}

function FailureListView({ filter, order, onClear }: FailureListViewProps) {
  const [keepsRows, setKeepsRows] = useState(false);
  const query = useInfiniteQuery(failuresQuery(useApi(), { filter, order, keepsRows }));
  const { refetch } = query;
  const hasKept = useRef(false);
  useEffect(() => {
    if (hasKept.current && !keepsRows) void refetch();
    hasKept.current = keepsRows;
  }, [keepsRows, refetch]);
  return (
    <>
      <ListCount list="failures" filter={filter} />
      <Loaded query={query} skeleton={<TableSkeleton of="failures" />}>
        {({ pages }) => {
          const failures = pages.flatMap((page) => page.data);
          const [first] = pages;
          if (first && failures.length > 0)
            return <FailureList failures={failures} filter={filter} upTo={first.upTo} keepRows={setKeepsRows} />;
          if (Object.keys(filter).length > 0) return <NoMatch row="failure" query={query} onClear={onClear} />;
          return <NoFailures />;
        }}
      </Loaded>
      <LoadMore query={query} isOldestFirst={order === "oldest"} />
      {keepsRows && <p className="bellwire-subtle">New failures are added to the list once none is selected.</p>}
    </>
  );
}
