import { type TimeSpanSearch, readTimeSpanSearch } from "../../components/charts/time-span.ts";

/** The tabs of an endpoint's page, by their name in the address. */
export const endpointTabs = [
  { name: "overview", title: "Overview" },
  { name: "deliveries", title: "Deliveries" },
  { name: "settings", title: "Settings" },
  { name: "secret", title: "Secret" },
  { name: "test", title: "Test" },
] as const;

export type EndpointTab = (typeof endpointTabs)[number]["name"];

/** The page's address, without the first tab and the default span. */
export interface EndpointSearch extends TimeSpanSearch {
  readonly tab?: EndpointTab;
}

/** Parses tab and span from the page's address. Invalid values are ignored. */
export function readEndpointSearch(search: Record<string, unknown>): EndpointSearch {
  const tab = endpointTabs.find(({ name }) => name === search["tab"])?.name;
  return { ...readTimeSpanSearch(search), ...(tab && tab !== "overview" && { tab }) };
}
