import { PageSection, Stack, StackItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { endpointQuery, type Endpoint } from "../../api/endpoint-queries.ts";
import { eventTypesQuery, type EventType } from "../../api/event-type-queries.ts";
import { presentOf } from "../../api/present-of.ts";
import { EndpointStateNotice } from "../../components/endpoint/endpoint-state-notice.tsx";
import { SigningSecret } from "../../components/endpoint/signing-secret.tsx";
import { TestRequests } from "../../components/endpoint/test-requests.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageBreadcrumb } from "../../components/page-breadcrumb.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { SectionCard } from "../../components/section-card.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { EndpointActions } from "./endpoint-actions.tsx";
import { EndpointForm } from "./endpoint-form.tsx";
import { EndpointFacts } from "./endpoint-facts.tsx";
import { ReplayCard } from "./replay-card.tsx";

const route = getRouteApi("/endpoints/$id");
const back = { to: "/endpoints", label: "To the endpoints" } as const;

export function EndpointPage() {
  const id = Number(route.useParams().id);
  const api = useApi();
  const query = useQuery(endpointQuery(api, id));
  const types = useQuery(eventTypesQuery(api));
  const present = presentOf(query);
  const name = present?.name ?? "Endpoint";
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/endpoints" list="Endpoints" here={name} />}
        actions={present && <EndpointActions endpoint={present} />}
      >
        {present?.description}
      </PageHeader>
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the endpoint" />} back={back}>
          {(endpoint) => (
            <Loaded query={types} skeleton={<TableSkeleton of="the endpoint" />}>
              {(all) => <EndpointView key={endpoint.id} endpoint={endpoint} types={all} />}
            </Loaded>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}

function EndpointView({ endpoint, types }: { endpoint: Endpoint; types: readonly EventType[] }) {
  return (
    <Stack hasGutter>
      {(endpoint.state !== "enabled" || endpoint.held_until !== null) && (
        <StackItem>
          <EndpointStateNotice endpoint={endpoint} />
        </StackItem>
      )}
      <SectionCard title="How it is doing">
        <EndpointFacts endpoint={endpoint} />
      </SectionCard>
      <SectionCard title="Try it">
        {endpoint.url ? (
          <TestRequests endpoint={endpoint} types={types} onAnswered={() => undefined} />
        ) : (
          "There is no URL yet to send a test to."
        )}
      </SectionCard>
      <SectionCard title="Replay">
        <ReplayCard endpointId={endpoint.id} />
      </SectionCard>
      <SectionCard title="Signature">
        <SigningSecret endpoint={endpoint} />
      </SectionCard>
      <SectionCard title="Settings">
        <EndpointForm endpoint={endpoint} types={types} />
      </SectionCard>
    </Stack>
  );
}
