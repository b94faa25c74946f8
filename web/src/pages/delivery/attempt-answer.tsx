import { Content, DescriptionList, Stack, StackItem } from "@patternfly/react-core";

import type { Attempt } from "../../api/delivery-queries.ts";
import { Fact } from "../../components/fact.tsx";
import { Payload } from "../../components/payload.tsx";

/** What the receiver said: its headers, and the start of its body. */
export function AttemptAnswer({ attempt: { response_headers, response_body } }: { attempt: Attempt }) {
  if (!response_headers) return <Content component="p">The receiver did not answer.</Content>;
  return (
    <Stack hasGutter>
      <StackItem>
        <DescriptionList
          isCompact
          orientation={{ md: "horizontal" }}
          horizontalTermWidthModifier={{ md: "13rem" }}
          aria-label="Headers of the answer"
        >
          {Object.entries(response_headers).map(([name, value]) => (
            <Fact key={name} term={name}>
              <span className="bellwire-mono">{value}</span>
            </Fact>
          ))}
        </DescriptionList>
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
