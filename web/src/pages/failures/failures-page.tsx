import { PageSection } from "@patternfly/react-core";
import { useInfiniteQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { failuresQuery } from "../../api/failure-queries.ts";
import { LiveLabel } from "../../components/live-label.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { FailureList } from "./failure-list.tsx";
import { NoFailures } from "./no-failures.tsx";

export function FailuresPage() {
  const query = useInfiniteQuery(failuresQuery(useApi()));
  return (
    <>
      <PageHeader title="Failures" actions={<LiveLabel />}>
        Deliveries whose attempts are used up. They wait here until you retry or delete them.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="failures" />}>
          {({ pages }) => {
            const failures = pages.flatMap((page) => page.data);
            return failures.length === 0 ? <NoFailures /> : <FailureList failures={failures} />;
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}
