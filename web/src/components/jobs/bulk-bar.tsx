import { Button, Toolbar, ToolbarContent, ToolbarGroup, ToolbarItem } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { formatCount } from "../counts.ts";
import { useApi } from "../../api/bellwire-client.ts";
import { type JobFilter, type JobKind, type JobSubject, jobPreviewQuery } from "../../api/jobs.ts";
import { ActionMenu } from "../action-menu.tsx";
import type { RowSelection } from "../list-table.tsx";
import { JobDialog, type JobToStart } from "./job-dialog.tsx";
import { countedRows, describeAction } from "./job-words.ts";

/** The selected rows of a table, or all rows that match its filter. */
export interface BulkSelection extends RowSelection<string> {
  readonly ids: ReadonlySet<string>;
  readonly isAll: boolean;
  readonly selectAll: () => void;
  readonly clear: () => void;
}

const none = { ids: new Set<string>(), isAll: false };

/** Holds a selection of the shown rows. A row that has left the table is not selected any more. */
export function useBulkSelection(shownIds: readonly string[]): BulkSelection {
  const [selection, setSelection] = useState<{ readonly ids: ReadonlySet<string>; readonly isAll: boolean }>(none);
  const ids = selection.ids.intersection(new Set(shownIds));
  const onTick = useCallback(
    (ticked: readonly string[], isTicked: boolean) =>
      setSelection((before) => ({
        ids: isTicked ? before.ids.union(new Set(ticked)) : before.ids.difference(new Set(ticked)),
        isAll: false,
      })),
    [],
  );
  return {
    ids,
    isAll: selection.isAll,
    has: (id) => selection.isAll || ids.has(id),
    onTick,
    selectAll: () => setSelection((before) => ({ ...before, isAll: true })),
    clear: () => setSelection(none),
  };
}

export interface BulkBarProps {
  readonly of: JobSubject;
  /** The filter of the table. */
  readonly filter: JobFilter;
  readonly selection: BulkSelection;
  /** The first is a button, the others are in a menu. */
  readonly kinds: readonly [JobKind, ...JobKind[]];
}

/** The API takes this many ids. */
const idsMax = 1000;

/** Actions on the selected rows, or on all rows that match. Each opens a dialog that says to how many it applies. */
export function BulkBar({ of, filter, selection, kinds }: BulkBarProps) {
  const [open, setOpen] = useState<JobToStart>();
  const { ids, isAll, selectAll, clear } = selection;
  const hasSelection = ids.size > 0 && !isAll;
  // Counts only when it is needed: for the offer to select all, and once they are selected.
  const counted = useQuery({
    ...jobPreviewQuery(useApi(), { kind: "export", of, filter }),
    enabled: ids.size > 0 || isAll,
    gcTime: 60_000,
    staleTime: 10_000,
  });
  const total = counted.isPlaceholderData ? undefined : counted.data;
  const chosen = hasSelection ? { ids: [...ids].slice(0, idsMax) } : { filter };
  const count = hasSelection ? Math.min(ids.size, idsMax) : isAll ? total : undefined;
  const [first, ...others] = kinds;
  const start = (kind: JobKind) => (): void => setOpen({ kind, of, selection: chosen });
  return (
    <Toolbar inset={{ default: "insetNone" }}>
      <ToolbarContent alignItems="center">
        <ToolbarItem>
          <Button variant="secondary" onClick={start(first)}>
            {hasSelection ? describeAction(first, count, of) : `${describeAll(first, count, of)}…`}
          </Button>
        </ToolbarItem>
        <ToolbarItem>
          <ActionMenu
            label={hasSelection ? `With ${countedRows(ids.size, of)}` : `With all ${of}`}
            actions={others.map((kind) => ({
              title: `${describeAction(kind, count, of)}…`,
              isDanger: kind === "cancel" || kind === "delete_failures",
              onClick: start(kind),
            }))}
          />
        </ToolbarItem>
        {(ids.size > 0 || isAll) && (
          <ToolbarGroup alignItems="center">
            <ToolbarItem>
              <span role="status">
                {isAll
                  ? `All${total === undefined ? "" : ` ${countedRows(total, of)}`} that match`
                  : `${formatCount(ids.size)} selected`}
              </span>
            </ToolbarItem>
            {!isAll && total !== undefined && total > ids.size && (
              <ToolbarItem>
                <Button variant="link" isInline onClick={selectAll}>
                  Select all {formatCount(total)} that match
                </Button>
              </ToolbarItem>
            )}
            <ToolbarItem>
              <Button variant="link" isInline onClick={clear}>
                Clear selection
              </Button>
            </ToolbarItem>
          </ToolbarGroup>
        )}
      </ToolbarContent>
      {open && <JobDialog job={open} onStarted={clear} onClose={() => setOpen(undefined)} />}
    </Toolbar>
  );
}

/** Returns "Retry all 31 failures". Without a count yet: "Retry all failures". */
const describeAll = (kind: JobKind, count: number | undefined, of: JobSubject): string =>
  describeAction(kind, count, of).replace(" ", " all ");
