import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type ApiClient, type BellwireSchemas, responseBody, useApi } from "../api/bellwire-client.ts";
import { useSession } from "../api/session.tsx";
import { describeMoment } from "../components/time.tsx";
import type { SearchEntry } from "./quick-search-entries.ts";

/** Long enough to search once per word, short enough to seem immediate. */
const debounceMs = 200;
/** The API refuses longer texts. */
const lengthMax = 255;

type SearchResult = BellwireSchemas["SearchResult"];

/** Finds accounts, users, applications, endpoints, deliveries and events while the user types. */
export function useFoundObjects(text: string) {
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
