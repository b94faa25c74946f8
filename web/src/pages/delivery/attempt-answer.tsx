import { Content, Stack, StackItem } from "@patternfly/react-core";

import type { Attempt } from "../../api/delivery-queries.ts";
import { HeaderFacts } from "../../components/header-facts.tsx";
import { Payload } from "../../components/payload.tsx";

/** What the receiver said: its headers, and the start of its body. */
export function AttemptAnswer({ attempt: { response_headers, response_body } }: { attempt: Attempt }) {
  if (!response_headers) return <Content component="p">The receiver did not answer.</Content>;
  return (
    <Stack hasGutter>
      <StackItem className="bellwire-mono">
        <HeaderFacts label="Headers of the answer" headers={response_headers} />
      </StackItem>
      <StackItem>
        {response_body ? (
          <Payload text={response_body} label="the answer" />
        ) : (
          <Content component="p">The answer has no body.</Content>
        )}
      </StackItem>
    </Stack>
  );
}
