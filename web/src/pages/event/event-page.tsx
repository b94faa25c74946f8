import { DescriptionList, PageSection, Stack } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useApi } from "../../api/bellwire-client.ts";
import { type EventDetails, eventQuery } from "../../api/events.ts";
import { Fact } from "../../components/facts.tsx";
import { ActorName, channelName, useEventTypeName } from "../../components/history-table.tsx";
import { Loaded, TableSkeleton, objectTitle, useCurrentData } from "../../components/loaded.tsx";
import { PageBreadcrumb, PageHeader, SectionCard } from "../../components/page-header.tsx";
import { Payload } from "../../components/payload.tsx";
import { When } from "../../components/time.tsx";
import { VerdictList } from "./verdict-list.tsx";
import { Name } from "../../components/labels.tsx";

const route = getRouteApi("/events/$id");
const back = { to: "/events", label: "Go to the events" } as const;

export function EventPage() {
  const { id } = route.useParams();
  const query = useQuery(eventQuery(useApi(), id));
  const name = useEventTypeName(objectTitle(query, "Event", useCurrentData(query)?.type));
  return (
    <>
      <PageHeader title={name} breadcrumb={<PageBreadcrumb to="/events" list="Events" current={name} />} />
      <PageSection isFilled>
        <Loaded query={query} skeleton={<TableSkeleton of="the event" />} back={back}>
          {(event) => (
            <Stack hasGutter>
              <SectionCard title="Endpoints">
                <VerdictList event={event} />
              </SectionCard>
              <SectionCard title="Event">
                <EventFacts event={event} />
              </SectionCard>
              {event.previous !== null && (
                <SectionCard title="Previous values">
                  <Payload text={JSON.stringify(event.previous)} label="the previous values" />
                </SectionCard>
              )}
              <SectionCard title="Document">
                <Payload text={JSON.stringify(event.document)} label="the document" />
              </SectionCard>
            </Stack>
          )}
        </Loaded>
      </PageSection>
    </>
  );
}

function EventFacts({ event }: { event: EventDetails }) {
  return (
    <DescriptionList isCompact columnModifier={{ default: "1Col", md: "2Col" }}>
      <Fact term="Type">
        <span className="bellwire-mono">{event.type}</span>
      </Fact>
      <Fact term="Account">
        <Link to="/events" search={{ account: event.account_id }}>
          <Name>{event.account_name || `Account ${event.account_id}`}</Name>
        </Link>
      </Fact>
      {event.erased_at && (
        <Fact term="Personal data">
          Erased on request <When at={event.erased_at} />
        </Fact>
      )}
      <Fact term="Actor">
        <ActorName actor={event.actor} />
      </Fact>
      <Fact term="Channel">{channelName(event.channel)}</Fact>
      <Fact term="When">
        <When at={event.occurred_at} isExact />
      </Fact>
      <Fact term="Sequence within the account">{event.sequence}</Fact>
      <Fact term="Object">{event.object_id}</Fact>
      <Fact term="Id">
        <span className="bellwire-mono">{event.id}</span>
      </Fact>
    </DescriptionList>
  );
}
