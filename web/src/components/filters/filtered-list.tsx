import { Badge, Button, Flex, FlexItem, Label } from "@patternfly/react-core";
import PauseIcon from "@patternfly/react-icons/dist/esm/icons/pause-icon";
import PlayIcon from "@patternfly/react-icons/dist/esm/icons/play-icon";
import type { InfiniteData } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { formatCount } from "../counts.ts";
import type { ListFilter } from "../../api/filters.ts";
import { type LiveListState, newRowsMax } from "../../api/live-list.ts";
import { LiveLabel } from "../labels.tsx";
import { LoadMore, type LoadMoreProps, NoMatch } from "../lists.tsx";
import { Loaded, TableSkeleton } from "../loaded.tsx";
import { type ListName, filteredLists } from "./filter-table.ts";
import { ListCount } from "./list-count.tsx";

/** A page of a search. */
interface FoundPage<Row> {
  readonly data: readonly Row[];
  readonly next: string | null;
  /** Set if the search stopped before the page was full. */
  readonly searched_until?: string | null;
}

interface ListQuery<Row> {
  readonly data: InfiniteData<FoundPage<Row>> | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** The parts of `useLiveList` that the list needs. */
interface Live {
  readonly state: LiveListState;
  readonly list: {
    readonly pause: () => void;
    readonly resume: () => void;
    readonly beforeNextPage: () => Promise<void>;
  };
}

interface FilteredListProps<Row> {
  readonly list: ListName;
  readonly filter: ListFilter;
  readonly query: ListQuery<Row> & LoadMoreProps["query"];
  /** Without it the list does not follow the stream. */
  readonly live?: Live;
  /** Shown if there are no rows at all. */
  readonly empty: ReactNode;
  readonly onClear: () => void;
  readonly children: (rows: readonly Row[]) => ReactNode;
}

/** The rows of a filtered list with their number, the controls of the live updates, and the button for more. */
export function FilteredList<Row>(props: FilteredListProps<Row>) {
  const { list, filter, query, live, empty, onClear, children } = props;
  const { rows: name } = filteredLists[list];
  const isFiltered = Object.keys(filter).length > 0;
  const hasNextPage = query.hasNextPage || (live?.state.hasCutRows ?? false);
  const fetchNextPage = async () => {
    await live?.list.beforeNextPage();
    return query.fetchNextPage();
  };
  return (
    <>
      <Flex
        className="bellwire-list-status"
        justifyContent={{ default: "justifyContentSpaceBetween" }}
        alignItems={{ default: "alignItemsCenter" }}
      >
        <FlexItem>
          <ListCount list={list} filter={filter} />
        </FlexItem>
        {live && (
          <FlexItem>
            <LiveControls state={live.state} onPause={live.list.pause} onResume={live.list.resume} />
          </FlexItem>
        )}
      </Flex>
      <Loaded query={query} skeleton={<TableSkeleton of={name} />}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          if (rows.length > 0) return children(rows);
          if (!isFiltered) return empty;
          return <NoMatch row={filteredLists[list].row} query={query} onClear={onClear} />;
        }}
      </Loaded>
      <LoadMore query={{ ...query, hasNextPage, fetchNextPage }} />
    </>
  );
}

interface LiveControlsProps {
  readonly state: LiveListState;
  readonly onPause: () => void;
  readonly onResume: () => void;
}

/** Shows whether a list follows the stream, pauses it, and shows the rows that arrived meanwhile. */
function LiveControls({ state: { isPaused, newCount }, onPause, onResume }: LiveControlsProps) {
  const count = newCount < newRowsMax ? formatCount(newCount) : `${formatCount(newRowsMax)}+`;
  return (
    <Flex
      alignItems={{ default: "alignItemsCenter" }}
      spaceItems={{ default: "spaceItemsSm" }}
      flexWrap={{ default: "nowrap" }}
    >
      {!isPaused && newCount > 0 && (
        <FlexItem>
          <Button variant="link" isInline onClick={onResume}>
            Show {count} new
          </Button>
        </FlexItem>
      )}
      <FlexItem>{isPaused ? <Label variant="outline">Paused</Label> : <LiveLabel />}</FlexItem>
      <FlexItem>
        {isPaused ? (
          <Button variant="secondary" size="sm" icon={<PlayIcon />} onClick={onResume}>
            Resume {newCount > 0 && <Badge>{count} new</Badge>}
          </Button>
        ) : (
          <Button variant="secondary" size="sm" icon={<PauseIcon />} onClick={onPause}>
            Pause
          </Button>
        )}
      </FlexItem>
    </Flex>
  );
}
