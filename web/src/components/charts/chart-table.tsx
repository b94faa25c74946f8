import { Button } from "@patternfly/react-core";
import { InnerScrollContainer, Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { pointFormat } from "./axes.ts";
import type { TimeChartProps } from "./time-chart.tsx";

const firstRows = 12;

/** The figures of a chart, newest first. Points at which nothing happened are left out. */
export function ChartTable({ title, points, intervalMs, series, format, onOpen }: TimeChartProps) {
  const { timeZone } = useSession();
  const [isWhole, setWhole] = useState(false);
  const nameOf = pointFormat(intervalMs, timeZone);
  const rows = points.filter(({ values }) => series.some(({ key }) => values[key])).toReversed();
  if (rows.length === 0) return <p className="bellwire-subtle">Nothing happened in this span.</p>;
  return (
    <InnerScrollContainer>
      <Table aria-label={title} variant="compact" gridBreakPoint="">
        <Thead>
          <Tr>
            <Th modifier="nowrap">Time</Th>
            {series.map(({ key, label }) => (
              <Th key={key} modifier="nowrap">
                {label}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {rows.slice(0, isWhole ? rows.length : firstRows).map((point) => (
            <Tr key={point.at.getTime()}>
              <Td modifier="nowrap">
                {onOpen ? (
                  <Button variant="link" isInline onClick={() => onOpen(point)}>
                    {nameOf(point.at)}
                  </Button>
                ) : (
                  nameOf(point.at)
                )}
              </Td>
              {series.map(({ key }) => {
                const value = point.values[key];
                return <Td key={key}>{typeof value === "number" ? format(value) : "–"}</Td>;
              })}
            </Tr>
          ))}
        </Tbody>
      </Table>
      {!isWhole && rows.length > firstRows && (
        <Button variant="link" isInline onClick={() => setWhole(true)}>
          Show all {rows.length} rows
        </Button>
      )}
    </InnerScrollContainer>
  );
}
