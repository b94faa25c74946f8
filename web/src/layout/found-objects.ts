import { type QueryClient, keepPreviousData, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { accountQuery, accountsQuery } from "../api/accounts.ts";
import { applicationName, applicationsQuery } from "../api/applications.ts";
import { type ApiClient, useApi } from "../api/bellwire-client.ts";
import { deliveryQuery } from "../api/deliveries.ts";
import { endpointsQuery } from "../api/endpoints.ts";
import { eventQuery } from "../api/events.ts";
import { type ManagementClient, useManagement } from "../api/management-client.ts";
import { type Session, mayOpen, mayUseWebhooks, useSession } from "../api/session.tsx";
import type { SearchEntry } from "./quick-search-entries.ts";

/** Long enough to search once per word, short enough to seem immediate. */
const debounceMs = 200;
/** Of each kind. The lists have the others. */
const foundMax = 5;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const deliveryId = /^([0-9a-f-]{36})\.\d+$/i;

interface SearchNeeds {
  readonly api: ApiClient;
  readonly management: ManagementClient;
  readonly client: QueryClient;
  readonly session: Session;
}

/** Finds accounts, users, applications, endpoints, deliveries and events while the user types. */
export function useFoundObjects(text: string) {
  const q = useDebounced(text.trim(), debounceMs);
  const needs = { api: useApi(), management: useManagement(), client: useQueryClient(), session: useSession() };
  const { data = [], isFetching } = useQuery(foundObjectsQuery(needs, q));
  return { entries: q === "" ? [] : data, isSearching: isFetching || q !== text.trim() };
}

const foundObjectsQuery = (needs: SearchNeeds, q: string) =>
  queryOptions({
    queryKey: ["quick search", q],
    queryFn: async () => (await Promise.all(finders.map((find) => findOrNothing(find, needs, q)))).flat(),
    enabled: q !== "",
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  });

type Find = (needs: SearchNeeds, q: string) => Promise<readonly SearchEntry[]>;

/** An id that does not exist, or a kind that the user may not read, has no results. */
const findOrNothing = (find: Find, needs: SearchNeeds, q: string): Promise<readonly SearchEntry[]> =>
  find(needs, q).catch(() => []);

/** Finds deliveries and events by id. The id of an event is the header `webhook-id`. */
const findByEventId: Find = async ({ api, client, session }, q) => {
  if (!mayUseWebhooks(session)) return [];
  const id = q.toLowerCase();
  if (deliveryId.test(id)) {
    const { event_type, endpoint_name } = await client.fetchQuery(deliveryQuery(api, id));
    const target = { path: `/deliveries/${id}` };
    return [{ key: `delivery ${id}`, group: "Deliveries", title: event_type, detail: endpoint_name, target }];
  }
  if (!uuid.test(id)) return [];
  const { type, account_name } = await client.fetchQuery(eventQuery(api, id));
  const sent = { path: `/deliveries?event_id=${id}` };
  return [
    {
      key: `event ${id}`,
      group: "Events",
      title: type,
      detail: account_name,
      target: { path: `/events/${id}` },
    },
    { key: `deliveries ${id}`, group: "Deliveries", title: "Deliveries of this event", detail: type, target: sent },
  ];
};

const isId = (q: string): boolean => /^[1-9]\d{0,15}$/.test(q);

/** Finds accounts by id, by name, and by their users' names and addresses. */
const findAccounts: Find = async ({ management, client, session }, q) => {
  if (!mayOpen(session, "/accounts")) return [];
  const byId = isId(q)
    ? await client.fetchQuery(accountQuery(management, Number(q))).catch(() => undefined)
    : undefined;
  const { accounts } = await client.fetchQuery(accountsQuery(management, { query: q }));
  const found = [...(byId ? [byId] : []), ...accounts.filter(({ id }) => id !== byId?.id)].slice(0, foundMax);
  return found.map(({ id, org_name, state }) => ({
    key: `account ${id}`,
    group: "Accounts and their users",
    title: org_name,
    detail: state,
    target: { path: `/accounts/${id}` },
  }));
};

const findApplications: Find = async ({ management, client, session }, q) => {
  if (!mayOpen(session, "/applications")) return [];
  const searches = [{ by: "name" as const, query: q }, ...(q.length > 7 ? [{ by: "app_id" as const, query: q }] : [])];
  const pages = await Promise.all(searches.map((filter) => client.fetchQuery(applicationsQuery(management, filter))));
  const found = new Map(pages.flatMap(({ applications }) => applications).map((it) => [it.id, it]));
  return [...found.values()].slice(0, foundMax).map((application) => ({
    key: `application ${application.id}`,
    group: "Applications",
    title: applicationName(application),
    detail: application.state,
    target: { path: `/accounts/${application.account_id}/applications/${application.id}` },
  }));
};

const findEndpoints: Find = async ({ api, client, session }, q) => {
  if (!mayUseWebhooks(session)) return [];
  const endpoints = await client.fetchQuery(endpointsQuery(api));
  const text = q.toLowerCase();
  return endpoints
    .filter(({ id, name, url_masked }) => String(id) === q || `${name} ${url_masked}`.toLowerCase().includes(text))
    .slice(0, foundMax)
    .map(({ id, name, url_masked }) => ({
      key: `endpoint ${id}`,
      group: "Endpoints",
      title: name,
      detail: url_masked,
      target: { path: `/endpoints/${id}` },
    }));
};

const finders: readonly Find[] = [findByEventId, findAccounts, findApplications, findEndpoints];

/** Returns a value once it has not changed for some time. */
function useDebounced(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
