import { Content, PageSection, Stack, StackItem, Toolbar, ToolbarContent } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useApi } from "../../api/api-context.ts";
import { isEventTypeName } from "../../api/event-type-name.ts";
import { eventTypesQuery, sampleQuery, type EventTypeName } from "../../api/event-type-queries.ts";
import { formatName } from "../../components/endpoint/format-name.ts";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Payload } from "../../components/payload.tsx";
import { SelectFilter } from "../../components/select-filter.tsx";
import { TableSkeleton } from "../../components/table-skeleton.tsx";
import { HeaderList } from "./header-list.tsx";

const formats = ["3scale", "json", "cloudevents", "cloudevents-binary"] as const;

/** "What the webhooks look like", for whoever writes the receiver. */
export function WebhookSamplesPage() {
  const api = useApi();
  const [type, setType] = useState<EventTypeName>("account.created");
  const [format, setFormat] = useState<(typeof formats)[number]>("3scale");
  const { data: types = [] } = useQuery(eventTypesQuery(api));
  const sample = useQuery(sampleQuery(api, type, format));
  return (
    <>
      <PageHeader title="What the webhooks look like">
        Each one is a POST request: the headers say what it is and prove where it comes from, the body is the changed
        object.
      </PageHeader>
      <PageSection isFilled>
        <Stack hasGutter>
          <StackItem>
            <Toolbar inset={{ default: "insetNone" }}>
              <ToolbarContent>
                <SelectFilter
                  label="Event"
                  value={type}
                  options={types.map((it) => ({ value: it.type, label: it.label }))}
                  onChange={(chosen) => isEventTypeName(chosen) && setType(chosen)}
                />
                <SelectFilter
                  label="Format"
                  value={format}
                  options={formats.map((it) => ({ value: it, label: formatName[it] }))}
                  onChange={(chosen) => setFormat(formats.find((it) => it === chosen) ?? format)}
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
              Answer with status 200 as soon as you have stored it. Anything else, or no answer, and it is sent again
              with the same webhook-id and the same bytes.
            </Content>
          </StackItem>
        </Stack>
      </PageSection>
    </>
  );
}
