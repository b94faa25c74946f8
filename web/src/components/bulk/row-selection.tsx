import { Checkbox } from "@patternfly/react-core";
import { Td, Th } from "@patternfly/react-table";
import { useState } from "react";

/** The ids of the selected rows. */
export interface RowSelection {
  readonly ticked: ReadonlySet<number>;
  readonly onTick: (ids: readonly number[], isTicked: boolean) => void;
}

export function useRowSelection(): RowSelection {
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  return {
    ticked,
    onTick: (ids, isTicked) =>
      setTicked((before) => (isTicked ? before.union(new Set(ids)) : before.difference(new Set(ids)))),
  };
}

const look = "pf-v6-c-table__check";

export interface SelectAllCellProps {
  readonly ticks: RowSelection;
  readonly ids: readonly number[];
  /** The plural of the rows: "accounts". */
  readonly noun: string;
}

/** Selects or deselects every row of the page. */
export function SelectAllCell({ ticks: { ticked, onTick }, ids, noun }: SelectAllCellProps) {
  const count = ids.filter((id) => ticked.has(id)).length;
  const isChecked = count === ids.length || (count > 0 && null);
  return (
    <Th className={look}>
      <Checkbox
        id="tick-all"
        aria-label={`Select all ${noun} on this page`}
        isChecked={isChecked}
        onChange={(_, isTicked) => onTick(ids, isTicked)}
      />
    </Th>
  );
}

export interface SelectRowCellProps {
  readonly ticks: RowSelection;
  readonly id: number;
  /** The row's name, for the accessible name of the checkbox. */
  readonly name: string;
}

export const SelectRowCell = ({ ticks: { ticked, onTick }, id, name }: SelectRowCellProps) => (
  <Td className={look}>
    <Checkbox
      id={`tick-${id}`}
      aria-label={`Select ${name}`}
      isChecked={ticked.has(id)}
      onChange={(_, isTicked) => onTick([id], isTicked)}
    />
  </Td>
);
