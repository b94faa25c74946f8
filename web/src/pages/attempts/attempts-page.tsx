import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import PaperPlaneIcon from "@patternfly/react-icons/dist/esm/icons/paper-plane-icon";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import { type ListedAttempt, attemptPagesQuery } from "../../api/deliveries.ts";
import type { ListFilter } from "../../api/filters.ts";
import { FilterBar } from "../../components/filters/filter-bar.tsx";
import { FilteredList } from "../../components/filters/filtered-list.tsx";
import type { ListColumn } from "../../components/list-table.tsx";
import { EventTypeName, HistoryTable, useEndpointColumn } from "../../components/history-table.tsx";
import { AnswerLabel } from "../../components/labels.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { describeLatency } from "../../components/time.tsx";

const route = getRouteApi("/attempts");

/** Every HTTP request to receivers, to find slow and failing ones. */
export function AttemptsPage() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  const show = (search: ListFilter): void => void navigate({ to: "/attempts", search });
  return (
    <>
      <PageHeader title="Attempts">
        Each row is one HTTP request of a delivery, with its response and the time until then.
      </PageHeader>
      <PageSection isFilled>
        <FilterBar list="attempts" filter={filter} onChange={show} />
        <AttemptList key={JSON.stringify(filter)} filter={filter} onClear={() => show({})} />
      </PageSection>
    </>
  );
}

function AttemptList({ filter, onClear }: { filter: ListFilter; onClear: () => void }) {
  const query = useInfiniteQuery(attemptPagesQuery(useApi(), filter));
  const endpointColumn = useEndpointColumn();
  const columns = useMemo(() => [...columnsOfAttempt, endpointColumn], [endpointColumn]);
  return (
    <FilteredList list="attempts" filter={filter} query={query} empty={<NoAttempts />} onClear={onClear}>
      {(attempts) => (
        <HistoryTable
          label="Attempts"
          rows={attempts.map((attempt) => ({ ...attempt, occurred_at: attempt.at }))}
          first={eventColumn}
          more={columns}
        />
      )}
    </FilteredList>
  );
}

type AttemptLine = ListedAttempt & { readonly occurred_at: string };

const eventColumn: ListColumn<AttemptLine> = {
  title: "Event",
  place: "title",
  show: ({ delivery_id, event_type }) => (
    <Link to="/deliveries/$id" params={{ id: delivery_id }}>
      <EventTypeName type={event_type} />
    </Link>
  ),
};

const columnsOfAttempt: readonly ListColumn<AttemptLine>[] = [
  { title: "Response", show: (attempt) => <AnswerLabel attempt={attempt} />, place: "value" },
  {
    title: "Latency",
    show: ({ latency_ms }) => <span className="bellwire-nowrap">{describeLatency(latency_ms)}</span>,
    place: "state",
  },
  { title: "Attempt", show: ({ number }) => number },
];

const NoAttempts = () => (
  <EmptyState titleText="No attempts yet" icon={PaperPlaneIcon} headingLevel="h2">
    <EmptyStateBody>An attempt appears here as soon as a delivery has been sent.</EmptyStateBody>
  </EmptyState>
);
