import { Content } from "@patternfly/react-core";
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import type { DeliveryDetails } from "../../api/deliveries.ts";
import { AnswerLabel } from "../../components/labels.tsx";
import { When, describeLatency } from "../../components/time.tsx";
import { AttemptDetails } from "./attempt-details.tsx";
import { describePhase, totalOf } from "./waterfall.tsx";

/** The attempts, newest first. The newest is expanded. */
export function AttemptList({ delivery }: { delivery: DeliveryDetails }) {
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
            <Th>When</Th>
            <Th>Error</Th>
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
                  <AttemptDetails attempt={attempt} delivery={delivery} />
                </ExpandableRowContent>
              </Td>
            </Tr>
          </Tbody>
        ))}
      </Table>
    </div>
  );
}
