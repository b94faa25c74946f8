import { Table, Tbody, Td, Th, Thead, Tr, type TdProps } from "@patternfly/react-table";
import type { ReactNode } from "react";

import { useArrivals } from "./use-arrivals.ts";
import { When } from "./when.tsx";

interface HistoryRow {
  readonly id: string;
  readonly account_name: string | null;
  readonly occurred_at: string;
}

export interface HistoryColumn<Row> {
  readonly title: string;
  readonly show: (row: Row) => ReactNode;
  /** A phone shows a row as a list of lines, for which this is one too many. */
  readonly isWideOnly?: boolean;
  /** Somebody has chosen the name in it: one long word must not push the other columns off the screen. */
  readonly isName?: boolean;
}

export interface HistoryTableProps<Row> {
  readonly label: string;
  /** Newest first. One that comes while the table is on the screen is pointed out for a moment. */
  readonly rows: readonly Row[];
  /** The event with its link. */
  readonly first: HistoryColumn<Row>;
  /** Between the account and the time, which every row has. */
  readonly more: readonly HistoryColumn<Row>[];
}

const account: HistoryColumn<HistoryRow> = { title: "Account", show: (row) => row.account_name, isName: true };
const when: HistoryColumn<HistoryRow> = { title: "When", show: (row) => <When at={row.occurred_at} /> };

const wideOnly: NonNullable<TdProps["visibility"]> = ["hidden", "visibleOnMd"];

/** What happened, a row each: events, or their deliveries. */
export function HistoryTable<Row extends HistoryRow>({ label, rows, first, more }: HistoryTableProps<Row>) {
  const arrival = useArrivals(rows);
  const columns = [first, account, ...more, when];
  const widthOf = ({ isWideOnly }: HistoryColumn<Row>) => (isWideOnly ? { visibility: wideOnly } : {});
  return (
    <Table aria-label={label} variant="compact">
      <Thead>
        <Tr>
          {columns.map((column) => (
            <Th key={column.title} modifier="nowrap" {...widthOf(column)}>
              {column.title}
            </Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.id} className={arrival(row)}>
            {columns.map((column) => (
              <Td
                key={column.title}
                dataLabel={column.title}
                {...(column.isName && { modifier: "breakWord" })}
                {...widthOf(column)}
              >
                {column.show(row)}
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
