import { Content, PageSection, Stack, StackItem, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../api/bellwire-client.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { type EventTypeName, eventTypesQuery, isEventTypeName, sampleQuery } from "../../api/events.ts";
import { formatName } from "../../components/endpoint/endpoint-state.tsx";
import { HeaderFacts } from "../../components/facts.tsx";
import { SelectFilter } from "../../components/lists.tsx";
import { Loaded, TableSkeleton } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Payload } from "../../components/payload.tsx";

const contentTypes = {
  "3scale": "application/xml",
  json: "application/json",
  cloudevents: "application/cloudevents+json",
  "cloudevents-binary": "application/json",
  chat: "application/json",
  "chat-discord": "application/json",
  "chat-teams": "application/json",
} as const satisfies Readonly<Record<Endpoint["format"], string>>;

const isFormat = (text: string): text is Endpoint["format"] => Object.hasOwn(contentTypes, text);
const formats = Object.keys(contentTypes).filter(isFormat);

/** Shows sample requests, for developers of receivers. */
export function WebhookSamplesPage() {
  const api = useApi();
  const [type, setType] = useState<EventTypeName>("account.created");
  const [format, setFormat] = useState<Endpoint["format"]>("3scale");
  const { data: types = [] } = useQuery(eventTypesQuery(api));
  const sample = useQuery(sampleQuery(api, type, format));
  return (
    <>
      <PageHeader title="Webhook samples">
        Each webhook is a POST request. The headers identify and sign it, and the body is the changed object.
      </PageHeader>
      <PageSection isFilled>
        <Stack hasGutter>
          <StackItem>
            <Toolbar inset={{ default: "insetNone" }}>
              <ToolbarContent>
                <SelectFilter
                  label="Event"
                  value={type}
                  options={types.map((each) => ({ value: each.type, label: each.label }))}
                  onChange={(chosen) => isEventTypeName(chosen) && setType(chosen)}
                />
                <SelectFilter
                  label="Format"
                  value={format}
                  options={formats.map((each) => ({ value: each, label: formatName[each] }))}
                  onChange={(chosen) => chosen !== undefined && isFormat(chosen) && setFormat(chosen)}
                />
              </ToolbarContent>
            </Toolbar>
          </StackItem>
          <StackItem>
            <HeaderList type={type} format={format} />
          </StackItem>
          <StackItem>
            <Loaded query={sample} skeleton={<TableSkeleton of="the sample" />}>
              {(text) => <Payload text={text} label="the sample" />}
            </Loaded>
          </StackItem>
          <StackItem>
            <Content component="p">
              Respond with status 200 as soon as you have stored the request. After any other response, or none, it is
              retried with the same webhook-id and the same bytes.
            </Content>
          </StackItem>
        </Stack>
      </PageSection>
    </>
  );
}

export interface HeaderListProps {
  readonly type: EventTypeName;
  readonly format: Endpoint["format"];
}

const cloudEventHeaders = (type: EventTypeName) => ({
  "ce-specversion": "1.0",
  "ce-id": "The same as webhook-id",
  "ce-source": "The address of your Admin Portal",
  "ce-type": type,
  "ce-subject": `${type.split(".")[0]?.replace("deliveries", "endpoint")}/ and its id`,
  "ce-time": "The same as bellwire-event-time",
  "ce-bellwiresequence": "The same as bellwire-sequence. Also ce-bellwireactor and ce-bellwirechannel",
});

export function HeaderList({ type, format }: HeaderListProps) {
  const headers = {
    "content-type": contentTypes[format],
    "webhook-id": "The same for every attempt. Store it to detect repeated requests",
    "webhook-timestamp": "The time of this attempt in seconds since 1970",
    "webhook-signature": "v1, and an HMAC-SHA256 over id.timestamp.body with the signing secret",
    "bellwire-attempt": "The number of the attempt, from 1",
    "bellwire-event-type": type,
    "bellwire-event-time": "The time of the change, to the millisecond",
    "bellwire-sequence": "Counts the events of the account, without gaps",
    "bellwire-actor": "developer, admin, token, key or system",
    "bellwire-channel": "developer_portal, admin_portal, api or system",
    ...(format === "cloudevents-binary" && cloudEventHeaders(type)),
  };
  return <HeaderFacts label="Headers" headers={headers} />;
}
