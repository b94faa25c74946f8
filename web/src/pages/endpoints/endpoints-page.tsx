import { EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, PageSection } from "@patternfly/react-core";
import ShareAltIcon from "@patternfly/react-icons/dist/esm/icons/share-alt-icon";
import { useQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { endpointsQuery } from "../../api/endpoint-queries.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { EndpointsTable } from "./endpoints-table.tsx";

export function EndpointsPage() {
  const query = useQuery(endpointsQuery(useApi()));
  const create = <LinkButton to="/endpoints/new">Create an endpoint</LinkButton>;
  return (
    <>
      <PageHeader title="Endpoints" actions={query.data?.length ? create : undefined}>
        Each has its own URL, events, format and pace. The one named “default” is the webhook of the Webhooks page.
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="endpoints" />}>
          {(endpoints) =>
            endpoints.length > 0 ? (
              <EndpointsTable endpoints={endpoints} />
            ) : (
              <EmptyState titleText="No endpoints yet" icon={ShareAltIcon} headingLevel="h2">
                <EmptyStateBody>
                  An endpoint is a receiver of yours: the CRM gets accounts and users as JSON, the billing gets plan
                  changes as XML, and neither waits for the other.
                </EmptyStateBody>
                <EmptyStateFooter>
                  <EmptyStateActions>{create}</EmptyStateActions>
                </EmptyStateFooter>
              </EmptyState>
            )
          }
        </Loaded>
      </PageSection>
    </>
  );
}
