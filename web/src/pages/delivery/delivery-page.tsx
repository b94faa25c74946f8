import { DescriptionList, Flex, PageSection, Stack, Content } from "@patternfly/react-core";
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { isNotFound } from "../../api/api-problem.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { type DeliveryDetails, deliveryQuery } from "../../api/deliveries.ts";
import { endpointQuery } from "../../api/endpoints.ts";
import { Fact } from "../../components/facts.tsx";
import { useEventTypeName } from "../../components/history-table.tsx";
import { EndpointLink, DeliveryStateLabel, LiveLabel, Name, AnswerLabel } from "../../components/labels.tsx";
import { Loaded, TableSkeleton, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { When, useNow, describeLatency } from "../../components/time.tsx";
import { AttemptDetails } from "./attempt-details.tsx";
import { RequestBody } from "./attempt-request.tsx";
import { DeliveryActions, type DeliveryActionsProps } from "./delivery-actions.tsx";
import { HeldNotice } from "./held-notice.tsx";
import { describePhase, totalOf } from "./waterfall.tsx";

const route = getRouteApi("/deliveries/$id");
const back = { to: "/deliveries", label: "Go to the deliveries" } as const;

export function DeliveryPage() {
  const { id } = route.useParams();
  const api = useApi();
  const query = useQuery(deliveryQuery(api, id));
  const present = useCurrentData(query);
  const endpointId = present?.endpoint_id;
  const endpoint = useQuery({ ...endpointQuery(api, endpointId ?? 0), enabled: endpointId !== undefined });
  const receiver = { endpoint: useCurrentData(endpoint), isEndpointDeleted: isNotFound(endpoint.error) };
  const name = useEventTypeName(objectTitle(query, "Delivery", present?.event_type));
  return (
    <>
      <PageHeader
        title={name}
        breadcrumb={<PageBreadcrumb to="/deliveries" list="Deliveries" current={name} />}
        actions={
          <Flex alignItems={{ default: "alignItemsCenter" }}>
            {(present || !query.error) && <LiveLabel />}
            {present && <DeliveryActions key={id} delivery={present} {...receiver} />}
          </Flex>
        }
      />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the delivery" />} back={back}>
          {(delivery) => <DeliveryView key={id} delivery={delivery} {...receiver} />}
        </Loaded>
      </PageSection>
    </>
  );
}

function DeliveryView({ delivery, endpoint, isEndpointDeleted }: DeliveryActionsProps) {
  return (
    <Stack hasGutter>
      <HeldNotice delivery={delivery} endpoint={endpoint} />
      <SectionCard title="Delivery">
        <DeliveryFacts delivery={delivery} isEndpointDeleted={isEndpointDeleted} />
      </SectionCard>
      <SectionCard title="Attempts">
        <AttemptList delivery={delivery} isEndpointDeleted={isEndpointDeleted} />
      </SectionCard>
      {delivery.attempts.length === 0 && (
        <SectionCard title="Request body">
          <RequestBody delivery={delivery} />
        </SectionCard>
      )}
    </Stack>
  );
}

interface DeliveryFactsProps {
  readonly delivery: DeliveryDetails;
  readonly isEndpointDeleted: boolean;
}

function DeliveryFacts({ delivery, isEndpointDeleted }: DeliveryFactsProps) {
  const now = useNow();
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="State">
        <DeliveryStateLabel state={delivery.state} />
        {delivery.next_attempt_at && (
          <>
            {new Date(delivery.next_attempt_at) > now ? " next attempt " : " due "}
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
        <Link to="/events" search={{ account: delivery.account_id }}>
          <Name>{delivery.account_name || `Account ${delivery.account_id} (erased on request)`}</Name>
        </Link>
      </Fact>
      <Fact term="Endpoint">
        <EndpointLink id={delivery.endpoint_id} name={delivery.endpoint_name} isDeleted={isEndpointDeleted} />
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
      {delivery.replay > 0 && <Fact term="Manual retries">{delivery.replay}×</Fact>}
    </DescriptionList>
  );
}

/** The attempts, newest first. The newest is expanded. */
function AttemptList({ delivery, isEndpointDeleted }: DeliveryFactsProps) {
  const { attempts } = delivery;
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set());
  if (attempts.length === 0) return <Content component="p">No attempt has been made yet.</Content>;

  const newestFirst = attempts.toSorted((one, other) => other.number - one.number);
  const isOpen = (number: number): boolean => turned.has(number) !== (number === newestFirst[0]?.number);
  const turn = (number: number): void => setTurned((before) => before.symmetricDifference(new Set([number])));
  return (
    <div className="bellwire-rows">
      <Table aria-label="Attempts" variant="compact" gridBreakPoint="">
        <Thead>
          <Tr>
            <Th screenReaderText="Details" />
            <Th modifier="fitContent">Attempt</Th>
            <Th modifier="fitContent">Response</Th>
            <Th modifier="fitContent">Latency</Th>
            <Th modifier="nowrap">When</Th>
            <Th modifier="nowrap">Error</Th>
          </Tr>
        </Thead>
        {newestFirst.map((attempt, rowIndex) => (
          <Tbody key={attempt.number} isExpanded={isOpen(attempt.number)}>
            <Tr>
              <Td
                className="bellwire-at-select"
                expand={{
                  rowIndex,
                  isExpanded: isOpen(attempt.number),
                  onToggle: () => turn(attempt.number),
                  expandId: "attempt",
                }}
              />
              {/* PatternFly names its toggle by this id: "2 Details" instead of the same "Details" in every row. */}
              <Td id={`simple-node${rowIndex}`} dataLabel="Attempt" className="bellwire-at-title bellwire-labelled">
                {attempt.number}
              </Td>
              <Td dataLabel="Response" className="bellwire-at-state">
                <AnswerLabel attempt={attempt} />
              </Td>
              <Td dataLabel="Latency" modifier="nowrap" className="bellwire-at-value">
                {attempt.phases ? describePhase(totalOf(attempt.phases)) : describeLatency(attempt.latency_ms)}
              </Td>
              <Td dataLabel="When" className="bellwire-at-text">
                <When at={attempt.at} isExact />
              </Td>
              <Td dataLabel="Error" className="bellwire-at-below">
                {attempt.error}
              </Td>
            </Tr>
            <Tr isExpanded={isOpen(attempt.number)}>
              <Td colSpan={6}>
                <ExpandableRowContent>
                  <AttemptDetails attempt={attempt} delivery={delivery} isEndpointDeleted={isEndpointDeleted} />
                </ExpandableRowContent>
              </Td>
            </Tr>
          </Tbody>
        ))}
      </Table>
    </div>
  );
}
