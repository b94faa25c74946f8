import { Modal, ModalBody, TextInputGroup, TextInputGroupMain } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FocusEvent, type KeyboardEvent as ReactKeyboardEvent, useId, useState, useEffect } from "react";
import { type ApiClient, type BellwireSchemas, responseBody, useApi } from "../api/bellwire-client.ts";
import { useSession } from "../api/session.tsx";
import { isComposing } from "../components/lists.tsx";
import { describeMoment } from "../components/time.tsx";
import { type SearchEntry, findLocalEntries } from "./quick-search-entries.ts";

export interface SearchDialogProps {
  /** The typed text, which may be older than the dialog: its file may have loaded after the first keys. */
  readonly text: string;
  readonly onType: (text: string) => void;
  readonly onClose: () => void;
}

/** The input of the search, and its results. The keyboard alone is enough to use it. */
export function SearchDialog({ text, onType, onClose }: SearchDialogProps) {
  const id = useId();
  const session = useSession();
  const open = useOpenEntry(onClose);
  const [chosen, setChosen] = useState(0);
  const [isAwaited, setAwaited] = useState(false);
  const objects = useFoundObjects(text);
  const local = findLocalEntries(text, session);
  const [lists, others] = [
    local.filter(({ group }) => group === "Search in lists"),
    local.filter(({ group }) => group !== "Search in lists"),
  ];
  const entries = [...objects.entries, ...others, ...lists];
  const active = Math.min(chosen, entries.length - 1);
  const entry = entries[active];

  useEffect(() => {
    if (isAwaited && !objects.isSearching && entry) open(entry); // which closes the search
  }, [isAwaited, objects.isSearching, entry, open]);

  const onKey = (event: ReactKeyboardEvent): void => {
    if (isComposing(event)) return;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: (active + 1) % entries.length,
      ArrowUp: (active - 1 + entries.length) % entries.length,
      Home: 0,
      End: entries.length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined && entries.length > 0) {
      event.preventDefault();
      setChosen(next);
      setAwaited(false);
    } else if (event.key === "Enter" && entry) {
      event.preventDefault();
      // The first entry may still be one of the text before. One that was chosen with the arrows is meant as it is.
      if (objects.isSearching && active === 0) setAwaited(true);
      else open(entry);
    }
  };

  return (
    <Modal
      variant="medium"
      position="top"
      isOpen
      aria-label="Search"
      onClose={onClose}
      elementToFocus={`[id="${id}input"]`}
      className="bellwire-quick-search"
    >
      <ModalBody tabIndex={-1}>
        <TextInputGroup>
          <TextInputGroupMain
            icon={<SearchIcon />}
            inputId={`${id}input`}
            {...combobox}
            isExpanded={entries.length > 0}
            aria-label="Search accounts, users, applications, endpoints, ids and pages"
            aria-controls={`${id}list`}
            {...(entry && { "aria-activedescendant": `${id}${active}` })}
            placeholder="Account, user, application, endpoint, id or page"
            autoComplete="off"
            value={text}
            onChange={(_, typed) => {
              onType(typed);
              setChosen(0);
              setAwaited(false);
            }}
            onFocus={keepText}
            onKeyDown={onKey}
          />
        </TextInputGroup>
        <EntryList id={id} entries={entries} active={active} onChoose={open} onPoint={setChosen} />
        <p role="status" className="bellwire-subtle bellwire-search-status">
          {wordsOf(objects) || (entries.length === 0 && "Nothing was found.")}
        </p>
      </ModalBody>
    </Modal>
  );
}

/** The modal selects the text when it gives the focus. The next key would replace those that were pressed before. */
function keepText({ target }: FocusEvent<HTMLInputElement>): void {
  queueMicrotask(() => target.setSelectionRange(target.value.length, target.value.length));
}

function wordsOf({ isSearching, hasFailed }: { isSearching: boolean; hasFailed: boolean }): string {
  if (isSearching) return "Searching…";
  return hasFailed ? "Accounts, endpoints and other objects could not be searched." : "";
}

/** The linter looks for `aria-expanded`, which PatternFly sets by `isExpanded`. */
const combobox = { role: "combobox" } as const;

/** Returns a function that opens the page of an entry and closes the search. */
function useOpenEntry(onClose: () => void): (entry: SearchEntry) => void {
  const navigate = useNavigate();
  return ({ target }) => {
    onClose();
    if ("href" in target) window.open(target.href, "_blank", "noreferrer");
    else void navigate({ href: target.path });
  };
}

interface EntryListProps {
  readonly id: string;
  readonly entries: readonly SearchEntry[];
  readonly active: number;
  readonly onChoose: (entry: SearchEntry) => void;
  readonly onPoint: (place: number) => void;
}

const scrollIntoView = (chosen: HTMLElement | null): void => chosen?.scrollIntoView?.({ block: "nearest" });

/** The list below the input. The input keeps the focus, and names the chosen entry for screen readers. */
function EntryList({ id, entries, active, onChoose, onPoint }: EntryListProps) {
  const places = new Map(entries.map((entry, place) => [entry, place]));
  const groups = Map.groupBy(entries, ({ group }) => group);
  return (
    <div id={`${id}list`} role="listbox" aria-label="Results" className="bellwire-search-list">
      {[...groups].map(([group, members]) => (
        <div key={group} role="group" aria-labelledby={`${id}${group}`}>
          <div id={`${id}${group}`} role="presentation" className="bellwire-search-group">
            {group}
          </div>
          {members.map((entry) => {
            const place = places.get(entry) ?? 0;
            return (
              <div
                key={entry.key}
                id={`${id}${place}`}
                ref={place === active ? scrollIntoView : null}
                role="option"
                tabIndex={-1}
                aria-selected={place === active}
                className="bellwire-search-entry"
                onClick={() => onChoose(entry)}
                onKeyDown={undefined}
                onPointerMove={() => onPoint(place)}
              >
                <bdi>{entry.title}</bdi>
                {entry.detail && <bdi className="bellwire-subtle">{entry.detail}</bdi>}
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

/** Long enough to search once per word, short enough to seem immediate. */
const debounceMs = 200;
/** The API refuses longer texts. */
const lengthMax = 255;

type SearchResult = BellwireSchemas["SearchResult"];

/** Finds accounts, users, applications, endpoints, deliveries and events while the user types. */
function useFoundObjects(text: string) {
  const typed = text.trim().slice(0, lengthMax);
  const q = useDebounced(typed, debounceMs);
  const { timeZone } = useSession();
  const { data: results = [], isFetching, isError } = useQuery(searchQuery(useApi(), q));
  return {
    entries: q === "" ? [] : results.map((result) => entryOf(result, timeZone)),
    isSearching: isFetching || q !== typed,
    hasFailed: isError,
  };
}

const searchQuery = (api: ApiClient, q: string) =>
  queryOptions({
    queryKey: ["quick search", q],
    queryFn: async ({ signal }) =>
      (await responseBody(api.GET("/api/v1/search", { params: { query: { q } }, signal }))).data,
    enabled: q !== "",
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  });

interface ResultKind {
  readonly group: string;
  readonly path: (result: SearchResult) => string;
}

const kinds: Readonly<Record<SearchResult["kind"], ResultKind>> = {
  account: { group: "Accounts", path: ({ id }) => `/accounts/${id}` },
  user: { group: "Users", path: ({ id, account_id }) => `/accounts/${account_id}/users/${id}` },
  application: {
    group: "Applications",
    path: ({ id, account_id }) => `/accounts/${account_id}/applications/${id}`,
  },
  endpoint: { group: "Endpoints", path: ({ id }) => `/endpoints/${id}` },
  delivery: { group: "Deliveries", path: ({ id }) => `/deliveries/${id}` },
  event: { group: "Events", path: ({ id }) => `/events/${id}` },
};

function entryOf(result: SearchResult, timeZone: string): SearchEntry {
  const { kind, id, title, detail } = result;
  const { group, path } = kinds[kind];
  return {
    key: `${kind} ${id}`,
    group,
    title,
    // The detail of an event is its time.
    detail: kind === "event" && detail !== null ? describeMoment(new Date(detail), timeZone) : (detail ?? undefined),
    target: { path: path(result) },
  };
}

/** Returns a value once it has not changed for some time. */
function useDebounced(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
