import { Flex, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { useApi } from "../../api/api-context.ts";
import { deliveryQuery, type DeliveryInFull } from "../../api/delivery-queries.ts";
import { useEventTypeName } from "../../components/event-type-name.tsx";
import { LiveLabel } from "../../components/live-label.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageBreadcrumb } from "../../components/page-breadcrumb.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Payload } from "../../components/payload.tsx";
import { SectionCard } from "../../components/section-card.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { AttemptList } from "./attempt-list.tsx";
import { DeliveryFacts } from "./delivery-facts.tsx";
import { RetryButton } from "./retry-button.tsx";

const route = getRouteApi("/deliveries/$id");

export function DeliveryPage() {
  const { id } = route.useParams();
  const query = useQuery(deliveryQuery(useApi(), id));
  const name = useEventTypeName(query.data?.event_type ?? "Delivery");
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/deliveries" list="Deliveries" here={name} />}
        actions={
          <Flex alignItems={{ default: "alignItemsCenter" }}>
            <LiveLabel />
            {query.data && <RetryButton delivery={query.data} />}
          </Flex>
        }
      />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the delivery" />}>
          {(delivery) => <DeliveryInFullView delivery={delivery} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function DeliveryInFullView({ delivery }: { delivery: DeliveryInFull }) {
  return (
    <Stack hasGutter>
      <SectionCard title="Delivery">
        <DeliveryFacts delivery={delivery} />
      </SectionCard>
      <SectionCard title="Attempts">
        <AttemptList attempts={delivery.attempts} />
      </SectionCard>
      <SectionCard title="What is sent">
        {delivery.body === null ? "The body is no longer kept." : <Payload text={delivery.body} label="the body" />}
      </SectionCard>
    </Stack>
  );
}
