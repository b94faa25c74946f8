import { PageSection } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { failuresQuery } from "../../api/failure-queries.ts";
import { LiveLabel } from "../../components/live-label.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { FailureFilters } from "./failure-filters.tsx";
import { FailureList } from "./failure-list.tsx";
import { NoFailures } from "./no-failures.tsx";

const route = getRouteApi("/failures");

export function FailuresPage() {
  const filter = route.useSearch();
  const query = useInfiniteQuery(failuresQuery(useApi(), filter));
  return (
    <>
      <PageHeader title="Failures" actions={<LiveLabel />}>
        Deliveries whose attempts are used up. They wait here until you retry or delete them.
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
