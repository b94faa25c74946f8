import {
  Alert,
  Bullseye,
  Button,
  EmptyState,
  EmptyStateBody,
  EmptyStateFooter,
  FormSelect,
  FormSelectOption,
  Pagination,
  SearchInput,
  Stack,
  StackItem,
  ToolbarItem,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { useState } from "react";
import { perPage } from "../api/accounts.ts";
import { LinkButton } from "./page-header.tsx";

export interface SelectFilterProps {
  readonly label: string;
  /** What is chosen when nothing is filtered. Without it, one must be chosen. */
  readonly all?: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string | undefined) => void;
}

export function SelectFilter({ label, all, value, options, onChange }: SelectFilterProps) {
  // As long as the options are not there, the list is narrowed all the same, and must not seem to show everything.
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

export interface TextFilterProps {
  readonly label: string;
  /** What the list shows now. */
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** Narrows a list to what contains a text, once Enter is pressed. */
export function TextFilter({ label, value = "", onChange }: TextFilterProps) {
  const [typed, setTyped] = useState(value);
  return (
    <ToolbarItem className="bellwire-search">
      <SearchInput
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(_, text) => setTyped(text)}
        onSearch={() => onChange(typed.trim() || undefined)}
        onClear={() => {
          setTyped("");
          onChange(undefined);
        }}
      />
    </ToolbarItem>
  );
}

export interface NothingMatchesProps {
  /** The list without its filters. */
  readonly to: "/events" | "/deliveries";
  /** What there is none of: "delivery". */
  readonly of: string;
}

/** In place of a list that its filters leave nothing of. */
export function NothingMatches({ to, of }: NothingMatchesProps) {
  return (
    <EmptyState titleText="Nothing matches" icon={SearchIcon} headingLevel="h2">
      <EmptyStateBody>No {of} fits these filters.</EmptyStateBody>
      <EmptyStateFooter>
        <LinkButton to={to} search={{}} variant="link">
          Clear the filters
        </LinkButton>
      </EmptyStateFooter>
    </EmptyState>
  );
}

export interface ListPaginationProps {
  readonly total: number;
  readonly page: number;
  readonly onPage: (page: number) => void;
}

/** Nothing, as long as one page holds everything. */
export function ListPagination({ total, page, onPage }: ListPaginationProps) {
  if (total <= perPage) return null;
  return (
    <Pagination
      variant="bottom"
      itemCount={total}
      perPage={perPage}
      perPageOptions={[]}
      page={page}
      onSetPage={(_, chosen) => onPage(chosen)}
    />
  );
}

export interface LoadMoreProps {
  readonly query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly isFetchNextPageError: boolean;
    readonly fetchNextPage: () => unknown;
  };
}

/** At the end of a list that goes on. */
export function LoadMore({ query }: LoadMoreProps) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  if (!hasNextPage) return null;
  return (
    <Bullseye>
      <Stack hasGutter>
        {isFetchNextPageError && (
          <StackItem>
            <Alert isInline isPlain component="p" variant="danger" title="The list goes on, but could not be loaded" />
          </StackItem>
        )}
        <StackItem>
          <Button
            variant="link"
            isLoading={isFetchingNextPage}
            isDisabled={isFetchingNextPage}
            onClick={() => fetchNextPage()}
          >
            Load more
          </Button>
        </StackItem>
      </Stack>
    </Bullseye>
  );
}
