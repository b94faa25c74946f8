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
import { ApiProblem, errorMessage } from "../../api/api-problem.ts";
import { responseBody, useApi } from "../../api/bellwire-client.ts";
import type { Attempt } from "../../api/deliveries.ts";
import type { Endpoint } from "../../api/endpoints.ts";
import { type EventType, type EventTypeName, isEventTypeName } from "../../api/events.ts";
import { type Toast, useToast } from "../toast-context.ts";
import { useMutationOnce } from "../form/use-change.ts";

export interface TestRequestsProps {
  readonly endpoint: Endpoint;
  readonly types: readonly EventType[];
  readonly onAnswered: (status: number | undefined) => void;
}

/** Sends Ping! and test events: real requests through the sender of deliveries. */
export function TestRequests({ endpoint, types, onAnswered }: TestRequestsProps) {
  const ping = usePing(endpoint, onAnswered);
  const test = usePing(endpoint, onAnswered);
  const [type, setType] = useState<EventTypeName>(types[0]?.type ?? "account.created");
  return (
    <Flex>
      <FlexItem>
        <Button
          variant="secondary"
          isAriaDisabled={ping.isPending} // a disabled button would lose the focus
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
              aria-label="Test event"
              value={type}
              onChange={(_, chosen) => isEventTypeName(chosen) && setType(chosen)}
            >
              {types.map((each) => (
                <FormSelectOption key={each.type} value={each.type} label={each.label} />
              ))}
            </FormSelect>
          </InputGroupItem>
          <InputGroupItem>
            <Button
              variant="secondary"
              isAriaDisabled={test.isPending}
              isLoading={test.isPending}
              onClick={() => test.mutate(type)}
            >
              Send test event
            </Button>
          </InputGroupItem>
        </InputGroup>
      </FlexItem>
      <FlexItem fullWidth={{ default: "fullWidth" }} className="bellwire-subtle">
        Both send a signed sample to the saved URL. It is no delivery, and is not retried.
      </FlexItem>
    </Flex>
  );
}

/** Sends a signed sample to the saved URL, and shows the response. */
function usePing({ id, url_masked }: Endpoint, onAnswered: (status: number | undefined) => void) {
  const api = useApi();
  const toast = useToast();
  return useMutationOnce({
    mutationFn: (event_type: EventTypeName | undefined) =>
      responseBody(
        api.POST("/api/v1/endpoints/{id}/ping", { params: { path: { id } }, body: event_type ? { event_type } : {} }),
      ),
    onSuccess: (attempt, event_type) => {
      onAnswered(attempt.status ?? undefined);
      toast({ ...pingToast(url_masked, attempt, requestName(event_type)), about: "ping" });
    },
    onError: (error, event_type) =>
      toast({
        kind: "danger",
        about: "ping",
        title: hasNoUrl(error)
          ? "Nowhere to ping"
          : `${requestName(event_type)} failed: ${JSON.stringify(errorMessage(error))}`,
      }),
  });
}

const requestName = (event_type: EventTypeName | undefined): TestRequest => (event_type ? "Test event" : "Ping");

/** Returns true if no endpoint or no URL is saved. */
const hasNoUrl = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 404 || error.errors["url"] !== undefined);

/** The name on the button. */
type TestRequest = "Ping" | "Test event";

/** Returns the outcome of a test request as a toast. The URL is masked, since its query can be a secret. */
export function pingToast(url: string, { status, error }: Pick<Attempt, "status" | "error">, what: TestRequest): Toast {
  if (status === null) return { kind: "danger", title: `${what} failed: ${JSON.stringify(error)}` };
  const title = `${url} responded with ${status}`;
  if (status < 200 || status >= 300) return { kind: "warning", title };
  // A response such as 202 is no delivery while only 200 counts.
  return { kind: "success", title, ...(error && { detail: `A delivery would be retried: ${error}` }) };
}
