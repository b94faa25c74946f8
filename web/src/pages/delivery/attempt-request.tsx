import { Button, Content, Flex, FlexItem, Stack, StackItem } from "@patternfly/react-core";
import { useState } from "react";
import { errorMessage } from "../../api/api-problem.ts";
import { type BellwireSchemas, responseBody, useApi } from "../../api/bellwire-client.ts";
import { mayChangeWebhooks, useSession } from "../../api/session.tsx";
import { HeaderFacts } from "../../components/facts.tsx";
import { CodeWithCopy, Payload } from "../../components/payload.tsx";
import { useToast } from "../../components/toast-context.ts";
import type { AttemptProps } from "./attempt-details.tsx";
import { useMutationOnce } from "../../components/form/use-change.ts";

type UnmaskedRequest = BellwireSchemas["UnmaskedRequest"];

/** The request as it was sent. Its secrets are read on demand, and forgotten when the page closes. */
export function AttemptRequest({ attempt, delivery, isEndpointDeleted }: AttemptProps) {
  const [clear, setClear] = useState<UnmaskedRequest>();
  const request = clear ?? attempt.request;
  return (
    <Stack hasGutter>
      {attempt.phases?.first_byte === null && (
        <StackItem>
          <Content component="p">
            Nothing was sent, because the attempt ended without a connection. This is the request that was prepared.
          </Content>
        </StackItem>
      )}
      {request ? (
        <>
          <StackItem className="bellwire-mono">
            {request.method} {request.url}
          </StackItem>
          <StackItem>
            {isEndpointDeleted ? (
              <span className="bellwire-subtle">
                Secrets of this request are erased, because its endpoint was deleted.
              </span>
            ) : (
              <Secrets
                deliveryId={delivery.id}
                number={attempt.number}
                isShown={clear !== undefined}
                onChange={setClear}
              />
            )}
          </StackItem>
          <StackItem className="bellwire-mono">
            <HeaderFacts label="Request headers" headers={headersOf(request)} />
          </StackItem>
        </>
      ) : (
        <StackItem>
          <Content component="p">The headers of this request are not stored.</Content>
        </StackItem>
      )}
      <StackItem>
        <RequestBody delivery={delivery} />
      </StackItem>
      {clear && (
        <StackItem>
          <CodeWithCopy title="curl command" text={clear.curl} label="the curl command" />
        </StackItem>
      )}
    </Stack>
  );
}

export const RequestBody = ({ delivery: { body } }: Pick<AttemptProps, "delivery">) =>
  body === null ? "The body is no longer stored." : <Payload text={body} label="the body" />;

const headersOf = ({ headers }: Pick<UnmaskedRequest, "headers">) =>
  Object.fromEntries(
    headers.map(({ name, value }) => [name, value === "…" ? <span className="bellwire-subtle">hidden</span> : value]),
  );

interface SecretsProps {
  readonly deliveryId: string;
  readonly number: number;
  readonly isShown: boolean;
  readonly onChange: (clear: UnmaskedRequest | undefined) => void;
}

function Secrets({ deliveryId: id, number, isShown, onChange }: SecretsProps) {
  const api = useApi();
  const toast = useToast();
  const mayReveal = mayChangeWebhooks(useSession());
  const { isPending, mutate } = useMutationOnce({
    mutationFn: () =>
      responseBody(api.GET("/api/v1/deliveries/{id}/attempts/{number}/request", { params: { path: { id, number } } })),
    onSuccess: onChange,
    onError: (error) => toast({ kind: "danger", title: "The request could not be read", detail: errorMessage(error) }),
    gcTime: 0,
  });
  return (
    <Flex alignItems={{ default: "alignItemsCenter" }}>
      {mayReveal && (
        <Button
          variant="secondary"
          size="sm"
          isLoading={isPending}
          onClick={() => {
            if (isShown) onChange(undefined);
            else if (!isPending) mutate();
          }}
        >
          {isShown ? "Hide secrets" : "Reveal secrets and curl"}
        </Button>
      )}
      <FlexItem flex={{ default: "flex_1" }} className="bellwire-subtle">
        {isShown
          ? "The audit log names you as a reader of this request."
          : `Values of the query, the endpoint's own headers and the signature are hidden.${
              mayReveal ? " The audit log records who reveals them." : ""
            }`}
      </FlexItem>
    </Flex>
  );
}
