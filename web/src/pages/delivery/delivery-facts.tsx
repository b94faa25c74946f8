import { DescriptionList } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";

import type { DeliveryInFull } from "../../api/delivery-queries.ts";
import { DeliveryStateLabel } from "../../components/delivery-state-label.tsx";
import { Fact } from "../../components/fact.tsx";
import { When } from "../../components/when.tsx";
import { useNow } from "../../time/use-now.ts";

export interface DeliveryFactsProps {
  readonly delivery: DeliveryInFull;
  readonly isEndpointDeleted: boolean;
}

export function DeliveryFacts({ delivery, isEndpointDeleted }: DeliveryFactsProps) {
  const now = useNow();
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <DeliveryStateLabel state={delivery.state} />
        {delivery.next_attempt_at && (
          <>
            {new Date(delivery.next_attempt_at) > now ? " next attempt " : " due since "}
            <When at={delivery.next_attempt_at} />
          </>
        )}
      </Fact>
      <Fact term="Event">
        <Link to="/events/$id" params={{ id: delivery.event_id }} className="bellwire-mono">
          {delivery.event_type}
        </Link>
      </Fact>
      <Fact term="Account">
        <Link to="/events" search={{ account_id: delivery.account_id }}>
          {delivery.account_name}
        </Link>
      </Fact>
      <Fact term="Endpoint">
        {isEndpointDeleted ? (
          `${delivery.endpoint_name} (deleted)`
        ) : (
          <Link to="/endpoints/$id" params={{ id: String(delivery.endpoint_id) }}>
            {delivery.endpoint_name}
          </Link>
        )}
      </Fact>
      <Fact term="Happened">
        <When at={delivery.occurred_at} isExact />
      </Fact>
      {delivery.ended_at && (
        <Fact term="Ended">
          <When at={delivery.ended_at} isExact />
        </Fact>
      )}
      <Fact term="webhook-id">
        <span className="bellwire-mono">{delivery.event_id}</span>
      </Fact>
      {delivery.replay > 0 && <Fact term="Sent again by hand">{delivery.replay}×</Fact>}
    </DescriptionList>
  );
}
