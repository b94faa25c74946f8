import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import InboxIcon from "@patternfly/react-icons/dist/esm/icons/inbox-icon";
import { useQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { binsQuery } from "../../api/bin-queries.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { BinsTable } from "./bins-table.tsx";
import { useBinActions } from "./use-bin-actions.ts";

export function RequestBinsPage() {
  const query = useQuery(binsQuery(useApi()));
  const { create } = useBinActions();
  const createButton = (
    <Button isLoading={create.isPending} isDisabled={create.isPending} onClick={() => create.mutate()}>
      Create a bin
    </Button>
  );
  return (
    <>
      <PageHeader title="Request bins" actions={query.data?.length ? createButton : undefined}>
        A bin is a receiver for trying things out: it takes any request, shows it, and answers as you tell it to.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="bins" />}>
          {(bins) =>
            bins.length > 0 ? (
              <BinsTable bins={bins} />
            ) : (
              <EmptyState titleText="No bins yet" icon={InboxIcon} headingLevel="h2">
                <EmptyStateBody>
                  Make one, use its address as the URL of your webhooks, and watch what comes: headers, body, and
                  whether the signature is right.
                </EmptyStateBody>
                <EmptyStateFooter>
                  <EmptyStateActions>{createButton}</EmptyStateActions>
                </EmptyStateFooter>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
    </>
  );
}
