import { Flex, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { isGone } from "../../api/api-problem.ts";
import { deliveryQuery, type DeliveryInFull } from "../../api/delivery-queries.ts";
import { endpointQuery } from "../../api/endpoint-queries.ts";
import { presentOf } from "../../api/present-of.ts";
import { useEventTypeName } from "../../components/event-type-name.tsx";
import { LiveLabel } from "../../components/live-label.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageBreadcrumb } from "../../components/page-breadcrumb.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Payload } from "../../components/payload.tsx";
import { SectionCard } from "../../components/section-card.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { AttemptList } from "./attempt-list.tsx";
import { DeliveryActions, type DeliveryActionsProps } from "./delivery-actions.tsx";
import { DeliveryFacts } from "./delivery-facts.tsx";
import { HeldNotice } from "./held-notice.tsx";

const route = getRouteApi("/deliveries/$id");
const back = { to: "/deliveries", label: "To the deliveries" } as const;

export function DeliveryPage() {
  const { id } = route.useParams();
  const api = useApi();
  const query = useQuery(deliveryQuery(api, id));
  const present = presentOf(query);
  const endpointId = present?.endpoint_id;
  const endpoint = useQuery({ ...endpointQuery(api, endpointId ?? 0), enabled: endpointId !== undefined });
  const receiver = { endpoint: presentOf(endpoint), isEndpointDeleted: isGone(endpoint.error) };
  const name = useEventTypeName(present?.event_type ?? "Delivery");
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/deliveries" list="Deliveries" here={name} />}
        actions={
          <Flex alignItems={{ default: "alignItemsCenter" }}>
            <LiveLabel />
            {present && <DeliveryActions key={id} delivery={present} {...receiver} />}
          </Flex>
        }
      />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the delivery" />} back={back}>
          {(delivery) => <DeliveryInFullView key={id} delivery={delivery} {...receiver} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function DeliveryInFullView({ delivery, endpoint, isEndpointDeleted }: DeliveryActionsProps) {
  return (
    <Stack hasGutter>
      <HeldNotice delivery={delivery} endpoint={endpoint} />
      <SectionCard title="Delivery">
        <DeliveryFacts delivery={delivery} isEndpointDeleted={isEndpointDeleted} />
      </SectionCard>
      <SectionCard title="Attempts">
        <AttemptList attempts={delivery.attempts} />
      </SectionCard>
      <SectionCard title="What is sent">
        <Body delivery={delivery} />
      </SectionCard>
    </Stack>
  );
}

const Body = ({ delivery: { body } }: { delivery: DeliveryInFull }) =>
  body === null ? "The body is no longer kept." : <Payload text={body} label="the body" />;
