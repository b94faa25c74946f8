import { Content, Stack, StackItem } from "@patternfly/react-core";
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import type { Attempt } from "../../api/deliveries.ts";
import { HeaderFacts } from "../../components/facts.tsx";
import { AnswerLabel } from "../../components/labels.tsx";
import { Payload } from "../../components/payload.tsx";
import { When, describeLatency } from "../../components/time.tsx";

/** The attempts, newest first. The newest is expanded. */
export function AttemptList({ attempts }: { attempts: readonly Attempt[] }) {
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set());
  if (attempts.length === 0) return <Content component="p">No attempt has been made yet.</Content>;

  const newestFirst = attempts.toSorted((one, other) => other.number - one.number);
  const isOpen = (number: number): boolean => turned.has(number) !== (number === newestFirst[0]?.number);
  const turn = (number: number): void => setTurned((before) => before.symmetricDifference(new Set([number])));
  return (
    <Table aria-label="Attempts" variant="compact">
      <Thead>
        <Tr>
          <Th screenReaderText="Response" />
          <Th modifier="fitContent">Attempt</Th>
          <Th modifier="fitContent">Response</Th>
          <Th modifier="fitContent">Latency</Th>
          <Th>When</Th>
          <Th>Error</Th>
        </Tr>
      </Thead>
      {newestFirst.map((attempt, rowIndex) => (
        <Tbody key={attempt.number} isExpanded={isOpen(attempt.number)}>
          <Tr>
            <Td
              expand={{
                rowIndex,
                isExpanded: isOpen(attempt.number),
                onToggle: () => turn(attempt.number),
                expandId: "attempt",
              }}
            />
            {/* PatternFly names its toggle by this id: "2 Details" instead of the same "Details" in every row. */}
            <Td id={`simple-node${rowIndex}`} dataLabel="Attempt">
              {attempt.number}
            </Td>
            <Td dataLabel="Response">
              <AnswerLabel attempt={attempt} />
            </Td>
            <Td dataLabel="Latency" modifier="nowrap">
              {describeLatency(attempt.latency_ms)}
            </Td>
            <Td dataLabel="When">
              <When at={attempt.at} isExact />
            </Td>
            <Td dataLabel="Error">{attempt.error ?? "None"}</Td>
          </Tr>
          <Tr isExpanded={isOpen(attempt.number)}>
            <Td colSpan={6}>
              <ExpandableRowContent>
                <AttemptAnswer attempt={attempt} />
              </ExpandableRowContent>
            </Td>
          </Tr>
        </Tbody>
      ))}
    </Table>
  );
}

/** The response's headers and the start of its body. */
function AttemptAnswer({ attempt: { response_headers, response_body } }: { attempt: Attempt }) {
  if (!response_headers) return <Content component="p">The receiver did not respond.</Content>;
  return (
    <Stack hasGutter>
      <StackItem className="bellwire-mono">
        <HeaderFacts label="Response headers" headers={response_headers} />
      </StackItem>
      <StackItem>
        {response_body ? (
          <Payload text={response_body} label="the response" />
        ) : (
          <Content component="p">The response has no body.</Content>
        )}
      </StackItem>
    </Stack>
  );
}
