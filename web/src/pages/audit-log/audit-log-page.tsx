import { EmptyState, EmptyStateBody, PageSection } from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import { useInfiniteQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { auditRecordsQuery } from "../../api/audit-queries.ts";
import { LoadMore } from "../../components/load-more.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { AuditTable } from "./audit-table.tsx";

export function AuditLogPage() {
  const query = useInfiniteQuery(auditRecordsQuery(useApi()));
  return (
    <>
      <PageHeader title="Audit log">
        Who of your team changed endpoints, settings, plans, colleagues and tokens, and who retried or deleted
        deliveries. What happens to accounts, users and applications is told by the events.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the audit log" />}>
          {({ pages }) => {
            const records = pages.flatMap((page) => page.data);
            if (records.length > 0) return <AuditTable records={records} />;
            return (
              <EmptyState titleText="Nothing was done yet" icon={HistoryIcon} headingLevel="h2">
                <EmptyStateBody>
                  What you and your colleagues change is kept here, with who did it and when.
                </EmptyStateBody>
              </EmptyState>
            );
          }}
        </Loaded>
        <LoadMore query={query} />
      </PageSection>
    </>
  );
}
