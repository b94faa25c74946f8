import { Content, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { EventInFull, Verdict } from "../../api/event-queries.ts";
import { useIsDeletedEndpoint } from "../../components/endpoint/use-is-deleted-endpoint.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { SendNowButton } from "./send-now-button.tsx";
import { WhyNotSent } from "./why-not-sent.tsx";

/** For each endpoint: sent, or the gate that stopped it. */
export function VerdictList({ event }: { event: EventInFull }) {
  const isDeleted = useIsDeletedEndpoint();
  if (event.verdicts.length === 0) {
    return <Content component="p">There was no endpoint to tell. Set one up, and send the event then.</Content>;
  }
  return (
    <Table aria-label="Endpoints" variant="compact">
      <Thead>
        <Tr>
          <Th modifier="nowrap">Endpoint</Th>
          <Th modifier="nowrap">Verdict</Th>
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
            <Td dataLabel="Verdict">
              <Label status={verdict.sent ? "success" : "warning"}>{verdict.sent ? "Sent" : "Not sent"}</Label>
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
