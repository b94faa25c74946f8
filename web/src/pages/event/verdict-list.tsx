import { Content, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useInfiniteQuery } from "@tanstack/react-query";

import { useApi } from "../../api/api-context.ts";
import { deliveriesQuery, type DeliveryState } from "../../api/delivery-queries.ts";
import type { EventInFull, Verdict } from "../../api/event-queries.ts";
import { DeliveryStateLabel } from "../../components/delivery-state-label.tsx";
import { useIsDeletedEndpoint } from "../../components/endpoint/use-is-deleted-endpoint.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { SendNowButton } from "./send-now-button.tsx";
import { WhyNotSent } from "./why-not-sent.tsx";

/** For each endpoint: what became of its delivery, or the gate that stopped it. */
export function VerdictList({ event }: { event: EventInFull }) {
  const isDeleted = useIsDeletedEndpoint();
  const { data: deliveries } = useInfiniteQuery(deliveriesQuery(useApi(), { event_id: event.id }));
  const states = new Map(deliveries?.pages.flatMap(({ data }) => data).map(({ id, state }) => [id, state]));
  if (event.verdicts.length === 0) {
    return <Content component="p">There was no endpoint to tell. Set one up, and send the event then.</Content>;
  }
  return (
    <Table aria-label="Endpoints" variant="compact">
      <Thead>
        <Tr>
          <Th modifier="nowrap">Endpoint</Th>
          <Th modifier="nowrap">Delivery</Th>
          <Th>Why</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {event.verdicts.map((verdict) => (
          <Tr key={verdict.endpoint_id}>
            <Td dataLabel="Endpoint">
              {verdict.endpoint_name}
              {isDeleted(verdict.endpoint_id) && " (deleted)"}
            </Td>
            <Td dataLabel="Delivery">
              <VerdictLabel verdict={verdict} state={states.get(verdict.delivery_id ?? "")} />
            </Td>
            <Td dataLabel="Why">
              <WhyNotSent verdict={verdict} type={event.type} />
            </Td>
            <Td modifier="nowrap">
              <NextStep verdict={verdict} eventId={event.id} isDeleted={isDeleted(verdict.endpoint_id)} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** That there is a delivery does not say that it has arrived. */
function VerdictLabel({ verdict: { sent }, state }: { verdict: Verdict; state: DeliveryState | undefined }) {
  if (state) return <DeliveryStateLabel state={state} />;
  return sent ? (
    <Label isCompact>Selected</Label>
  ) : (
    <Label isCompact status="warning">
      Not sent
    </Label>
  );
}

interface NextStepProps {
  readonly verdict: Verdict;
  readonly eventId: string;
  readonly isDeleted: boolean;
}

function NextStep({ verdict: { delivery_id, endpoint_id }, eventId, isDeleted }: NextStepProps) {
  if (delivery_id === null) return isDeleted ? null : <SendNowButton eventId={eventId} endpointId={endpoint_id} />;
  return (
    <LinkButton to="/deliveries/$id" params={{ id: delivery_id }} variant="link" isInline>
      The delivery
    </LinkButton>
  );
}
