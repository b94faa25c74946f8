import {
  Alert,
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Flex,
  FormSelect,
  FormSelectOption,
  Pagination,
  SearchInput,
  ToolbarItem,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { hashKey } from "@tanstack/react-query";
import { type ReactNode, type SyntheticEvent, useEffect, useRef, useState } from "react";
import { countOf, formatCount } from "./counts.ts";
import { perPage } from "../api/accounts.ts";
import { When } from "./time.tsx";

export interface SelectFilterProps {
  readonly label: string;
  /** The label for no filter. Without it, a value is required. */
  readonly all?: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string | undefined) => void;
}

export function SelectFilter({ label, all, value, options, onChange }: SelectFilterProps) {
  // While the options load, the list is filtered already, so the select must show the value.
  const isOffered = value === undefined || options.some((option) => option.value === value);
  return (
    <ToolbarItem className="bellwire-filter">
      <FormSelect aria-label={label} value={value ?? ""} onChange={(_, chosen) => onChange(chosen || undefined)}>
        {all && <FormSelectOption value="" label={all} />}
        {!isOffered && <FormSelectOption value={value} label={value} />}
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.label} />
        ))}
      </FormSelect>
    </ToolbarItem>
  );
}

/**
 * Tells whether a key belongs to an input method, such as the Enter that accepts a Japanese word. Safari sends that Enter after the
 * composition, with the code 229.
 */
export const isComposing = ({ nativeEvent }: SyntheticEvent): boolean =>
  nativeEvent instanceof KeyboardEvent && (nativeEvent.isComposing || nativeEvent.keyCode === 229);

export interface TextFilterProps {
  readonly label: string;
  /** The label by default. */
  readonly placeholder?: string;
  /** The present filter. */
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** Filters a list by a text when Enter is pressed. Follows the address, which "Clear filters" and "Back" change. */
export function TextFilter({ label, placeholder = label, value = "", onChange }: TextFilterProps) {
  const [typed, setTyped] = useState(value);
  const [followed, setFollowed] = useState(value);
  if (followed !== value) {
    setFollowed(value);
    setTyped(value);
  }
  return (
    <ToolbarItem className="bellwire-search">
      <SearchInput
        aria-label={label}
        placeholder={placeholder}
        value={typed}
        onChange={(_, text) => setTyped(text)}
        onSearch={(event) => isComposing(event) || onChange(typed.trim() || undefined)}
        onClear={() => {
          setTyped("");
          onChange(undefined);
        }}
      />
    </ToolbarItem>
  );
}

export interface ListStatusProps {
  /** The number of rows, in words. Empty while it is not known. */
  readonly text: string;
  readonly filter: object;
}

/**
 * Announces a number of rows once for each filter. A list that follows its rows changes it every second, so screen readers would say
 * nothing else.
 */
export function ListStatus({ text, filter }: ListStatusProps) {
  const key = hashKey([filter]);
  const [first, setFirst] = useState({ key: "", text: "" });
  if (text !== "" && first.key !== key) setFirst({ key, text });
  const isFirst = first.key !== key || first.text === text;
  return (
    <span role="status" aria-live={isFirst ? "polite" : "off"}>
      {text}
    </span>
  );
}

interface ShownRowsProps {
  readonly filter: object;
  readonly query: {
    readonly data: { readonly pages: readonly { readonly data: readonly unknown[] }[] } | undefined;
    readonly hasNextPage: boolean;
  };
  readonly nouns: readonly [one: string, many: string];
}

/** Says how many rows a filtered list shows: "1 email", "The newest 50 emails". Says nothing while a search has found none so far. */
export function ShownRows({ filter, query: { data, hasNextPage }, nouns }: ShownRowsProps) {
  const count = data?.pages.reduce((sum, page) => sum + page.data.length, 0);
  const isUnknown = count === undefined || (count === 0 && hasNextPage); // none so far
  const words = isUnknown ? "" : countOf(count, nouns);
  return (
    <p className="bellwire-subtle bellwire-list-status">
      <ListStatus text={hasNextPage && words !== "" ? `The newest ${words}` : words} filter={filter} />
    </p>
  );
}

interface TotalRowsProps extends Pick<ShownRowsProps, "filter" | "nouns"> {
  readonly total: number | undefined;
}

/** Says how many rows of all pages match: "10,100 accounts". */
export const TotalRows = ({ total, filter, nouns }: TotalRowsProps) => (
  <p className="bellwire-subtle bellwire-list-status">
    <ListStatus text={total === undefined ? "" : countOf(total, nouns)} filter={filter} />
  </p>
);

/** Removes all filters. Renders nothing without one. */
export function ClearFilters({ filter, onClear }: { filter: object; onClear: () => void }) {
  if (Object.keys(filter).length === 0) return null;
  return (
    <ToolbarItem>
      <Button variant="link" onClick={onClear}>
        Clear filters
      </Button>
    </ToolbarItem>
  );
}

/** The pages of a search, which may stop before a page is full. */
interface SearchedPages {
  readonly data:
    | { readonly pages: readonly { readonly data: unknown; readonly searched_until?: string | null }[] }
    | undefined;
}

/** Returns the time that an unfinished search has come to. */
const searchedUntil = ({ data }: SearchedPages): string | undefined => data?.pages.at(-1)?.searched_until ?? undefined;

export interface NoMatchProps {
  readonly row: string;
  readonly query: SearchedPages;
  readonly onClear: () => void;
}

/** Shown instead of a list's rows if none matches its filters. */
export function NoMatch({ row, query, onClear }: NoMatchProps) {
  const isUnfinished = searchedUntil(query) !== undefined;
  return (
    <EmptyState titleText={isUnfinished ? "No matches so far" : "No matches"} icon={SearchIcon} headingLevel="h2">
      <EmptyStateBody>
        {isUnfinished
          ? "The search is not finished. A time span or another filter makes it faster."
          : `No ${row} matches these filters.`}
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onClear}>
            Clear filters
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

export interface ListPaginationProps {
  readonly total: number;
  readonly page: number;
  readonly onPage: (page: number) => void;
}

/** Renders nothing while one page holds everything. Its buttons have no element around them: on a phone they stick to the window's end. */
export function ListPagination({ total, page, onPage }: ListPaginationProps) {
  /** The buttons that had the focus, and the page to which they lead. */
  const pressed = useRef<{ readonly to: number; readonly buttons: Element }>(undefined);
  useEffect(() => {
    if (pressed.current?.to !== page) return;
    const { buttons } = pressed.current;
    pressed.current = undefined;
    // On the first and the last page, the button that led there is disabled, which takes the focus from it.
    if (buttons.querySelector(":focus:not(:disabled)")) return;
    buttons.querySelector<HTMLElement>(":is([data-action=next], [data-action=previous]):not(:disabled)")?.focus();
  }, [page]);
  if (total <= perPage) return null;
  return (
    <Pagination
      variant="bottom"
      itemCount={total}
      perPage={perPage}
      perPageOptions={[]}
      page={page}
      onSetPage={(_, chosen) => {
        const buttons = document.activeElement?.closest("nav");
        pressed.current = buttons ? { to: chosen, buttons } : undefined;
        onPage(chosen);
      }}
    />
  );
}

/** Renders what a page without rows shows. One behind the last page leads to it: all of its rows may have been deleted. */
export function EmptyPage({ total, page, onPage, children }: ListPaginationProps & { readonly children: ReactNode }) {
  const last = Math.max(1, Math.ceil(total / perPage));
  const isBehind = page > last;
  useEffect(() => {
    if (isBehind) onPage(last);
  }, [isBehind, last, onPage]);
  return isBehind ? null : children;
}

const rowsAtOnce = 100;
/** A longer list in a card begins with a few rows, because the next card must not be far below. */
const rowsOfCardMax = 50;
const rowsOfCard = 20;

interface InPortionsProps<Row> {
  readonly rows: readonly Row[];
  /** The list is the page's only one. */
  readonly isPage?: boolean;
  readonly children: (shown: readonly Row[]) => ReactNode;
}

/**
 * Renders the first rows of a list that the API returns as a whole, and further ones on request: a table of thousands freezes the
 * browser.
 */
export function InPortions<Row>({ rows, isPage = false, children }: InPortionsProps<Row>) {
  const [shown, setShown] = useState(isPage || rows.length <= rowsOfCardMax ? rowsAtOnce : rowsOfCard);
  const rest = rows.length - shown;
  return (
    <>
      {children(rows.slice(0, shown))}
      {rest > 0 && (
        <div>
          <Button variant="link" isInline onClick={() => setShown(shown + rowsAtOnce)}>
            Show {formatCount(Math.min(rest, rowsAtOnce))} more of {formatCount(rows.length)}
          </Button>
        </div>
      )}
    </>
  );
}

export interface LoadMoreProps {
  readonly query: SearchedPages & {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly isFetchNextPageError: boolean;
    readonly fetchNextPage: () => Promise<NextPage>;
  };
  readonly isOldestFirst?: boolean;
}

/** The result of loading a page. */
export interface NextPage extends SearchedPages {
  readonly hasNextPage: boolean;
  readonly isFetchNextPageError: boolean;
}

/** A page of a search may end after a tenth of a second. This long, one press continues it without any match. */
const searchForMs = 5000;

/** Loads the next page of a list. Says how far an unfinished search has come, and continues it until it has found something. */
export function LoadMore({ query, isOldestFirst = false }: LoadMoreProps) {
  const { hasNextPage, isFetchNextPageError } = query;
  const { isSearching, search } = useSearchFurther(query);
  const isFetchingNextPage = query.isFetchingNextPage || isSearching;
  if (!hasNextPage) return null;
  const until = searchedUntil(query);
  return (
    <Flex
      direction={{ default: "column" }}
      alignItems={{ default: "alignItemsCenter" }}
      spaceItems={{ default: "spaceItemsSm" }}
    >
      {until !== undefined && (
        <span className="bellwire-subtle" role="status">
          Searched {isOldestFirst ? "up to" : "back to"} <When at={until} isExact />
        </span>
      )}
      {isFetchNextPageError && (
        <Alert isInline isPlain component="p" variant="danger" title="The next page could not be loaded" />
      )}
      <Button
        variant="link"
        isLoading={isFetchingNextPage}
        isAriaDisabled={isFetchingNextPage}
        onClick={() => void search()}
      >
        {until === undefined ? "Load more" : isOldestFirst ? "Search further" : "Search further back"}
      </Button>
    </Flex>
  );
}

/** Reads pages until one has rows, the last was read, one failed, the time is over or the list was left. */
function useSearchFurther({ fetchNextPage }: LoadMoreProps["query"]) {
  const [isSearching, setSearching] = useState(false);
  const isMounted = useRef(false);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);
  const search = async (): Promise<void> => {
    const until = Date.now() + searchForMs;
    setSearching(true);
    for (let isUnfinished = true; isUnfinished && isMounted.current && Date.now() < until;) {
      const page = await fetchNextPage();
      const hasFound = [page.data?.pages.at(-1)?.data].flat().length > 0;
      isUnfinished = page.hasNextPage && !page.isFetchNextPageError && !hasFound && searchedUntil(page) !== undefined;
    }
    setSearching(false);
  };
  return { isSearching, search };
}
