import { list, record, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeTimestamp, type Provider } from "#portal/providers/index.ts";

import type { Application } from "../application.ts";
import type { ReferrerFilter } from "./referrer-filters-table.ts";

/** The referrer filters of an application as the API's XML has them. */
export const representReferrerFilters = (filters: readonly ReferrerFilter[], { timeZone }: Provider): Node =>
  list(
    "referrer_filters",
    filters.map((filter) =>
      record("referrer_filter", [
        value("value", filter.value),
        value("id", filter.id),
        value("updated_at", writeTimestamp(filter.updatedAt, timeZone)),
        value("created_at", writeTimestamp(filter.createdAt, timeZone)),
      ]),
    ),
    "open",
  );

interface FiltersContext {
  readonly application: Application;
  readonly provider: Provider;
  /** The origin that the API is reached at: links start with it. */
  readonly adminUrl: string;
}

/** The same as JSON. */
export const referrerFiltersToJson = (
  filters: readonly ReferrerFilter[],
  { application: { id, accountId }, provider: { timeZone }, adminUrl }: FiltersContext,
): Json => ({
  referrer_filters: filters.map((filter) => ({
    referrer_filter: {
      id: filter.id,
      value: filter.value,
      created_at: writeTimestamp(filter.createdAt, timeZone),
      updated_at: writeTimestamp(filter.updatedAt, timeZone),
      links: [{ rel: "application", href: `${adminUrl}/admin/api/accounts/${accountId}/applications/${id}` }],
    },
  })),
});
