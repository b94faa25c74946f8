import { Button, Flex } from "@patternfly/react-core";
import { hashKey } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { countOf, formatCount } from "../counts.ts";
import type { RowSelection } from "../list-table.tsx";
import { TotalRows } from "../lists.tsx";

/** The selected rows of a list in pages, or all rows that match its filter. */
export interface MatchSelection extends RowSelection<number> {
  readonly isAll: boolean;
  readonly selectAll: () => void;
  readonly clear: () => void;
}

interface Selection {
  readonly ticked: ReadonlySet<number>;
  /** The filter whose matches are all selected. */
  readonly allOf?: string;
}

const none: Selection = { ticked: new Set() };

/**
 * Holds a selection of rows, which stays while the list shows another page. All that match are selected until the filter changes or a
 * row is deselected, which leaves the others of the page.
 */
export function useMatchSelection(filter: object, shownIds: readonly number[]): MatchSelection {
  const [{ ticked, allOf }, setSelection] = useState(none);
  const key = hashKey([{ ...filter, page: 1 }]);
  const shown = useRef(shownIds);
  useEffect(() => {
    shown.current = shownIds;
  });
  const onTick = useCallback(
    (ids: readonly number[], isTicked: boolean) =>
      setSelection((before) => {
        const present = before.allOf === undefined ? before.ticked : new Set(shown.current);
        return { ticked: isTicked ? present.union(new Set(ids)) : present.difference(new Set(ids)) };
      }),
    [],
  );
  const isAll = allOf === key;
  if (allOf !== undefined && !isAll) setSelection(none);
  return {
    has: (id) => isAll || ticked.has(id),
    onTick,
    isAll,
    selectAll: () => setSelection({ ticked: new Set(), allOf: key }),
    clear: () => setSelection(none),
  };
}

export interface MatchStatusProps {
  readonly filter: object;
  readonly selection: MatchSelection;
  readonly shownIds: readonly number[];
  /** The number of rows on all pages. */
  readonly total: number | undefined;
  readonly nouns: readonly [one: string, several: string];
}

/** The API lists this many rows at most. */
const matchingMax = 20_000;

/** Says how many rows match, and offers to select all of them once those of the page are selected. */
export function MatchStatus({ filter, selection, shownIds, total, nouns }: MatchStatusProps) {
  const { isAll, has, selectAll, clear } = selection;
  const count = total ?? 0;
  const isOffered = !isAll && shownIds.length > 0 && shownIds.every((id) => has(id)) && count > shownIds.length;
  const isTooLong = count > matchingMax;
  const isFiltered = Object.keys(filter).some((name) => name !== "page");
  const all = `${countOf(count, nouns)}${isFiltered ? " that match" : ""}`;
  return (
    <Flex columnGap={{ default: "columnGapMd" }} rowGap={{ default: "rowGapNone" }}>
      <TotalRows filter={filter} total={total} nouns={nouns} />
      <div>
        <span role="status">
          {isAll && `All ${all} are selected. `}
          {isOffered && `The ${countOf(shownIds.length, nouns)} on this page are selected. `}
          {isOffered && isTooLong && `A filter with at most ${formatCount(matchingMax)} matches can select all.`}
        </span>
        {(isAll || (isOffered && !isTooLong)) && (
          // One button, which keeps the focus when its meaning changes.
          <Button variant="link" isInline onClick={isAll ? clear : selectAll}>
            {isAll ? "Clear selection" : `Select all ${all}`}
          </Button>
        )}
      </div>
    </Flex>
  );
}
