import {
  Button,
  Flex,
  FlexItem,
  FormSelect,
  FormSelectOption,
  InputGroup,
  InputGroupItem,
} from "@patternfly/react-core";
import { useState } from "react";

import type { Endpoint } from "../../api/endpoint-queries.ts";
import { isEventTypeName } from "../../api/event-type-name.ts";
import type { EventType, EventTypeName } from "../../api/event-type-queries.ts";
import { usePing } from "./use-ping.ts";

export interface TestRequestsProps {
  readonly endpoint: Endpoint;
  readonly types: readonly EventType[];
  readonly onAnswered: (status: number | undefined) => void;
}

/** Ping! and "Send test event": real requests, through the sender that deliveries go through. */
export function TestRequests({ endpoint, types, onAnswered }: TestRequestsProps) {
  const ping = usePing(endpoint, onAnswered);
  const test = usePing(endpoint, onAnswered);
  const [type, setType] = useState<EventTypeName>("account.created");
  return (
    <Flex>
      <FlexItem>
        <Button
          variant="secondary"
          isDisabled={ping.isPending}
          isLoading={ping.isPending}
          onClick={() => ping.mutate(undefined)}
        >
          {ping.isPending ? "Pinging..." : "Ping!"}
        </Button>
      </FlexItem>
      <FlexItem>
        <InputGroup>
          <InputGroupItem>
            <FormSelect
              id="test_event_type"
              aria-label="Event to send as a test"
              value={type}
              onChange={(_, chosen) => isEventTypeName(chosen) && setType(chosen)}
            >
              {types.map((it) => (
                <FormSelectOption key={it.type} value={it.type} label={it.label} />
              ))}
            </FormSelect>
          </InputGroupItem>
          <InputGroupItem>
            <Button
              variant="secondary"
              isDisabled={test.isPending}
              isLoading={test.isPending}
              onClick={() => test.mutate(type)}
            >
              Send test event
            </Button>
          </InputGroupItem>
        </InputGroup>
      </FlexItem>
    </Flex>
  );
}
