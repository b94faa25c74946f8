import { queryOptions, useQuery } from "@tanstack/react-query";
import { type ApiClient, responseBody, useApi } from "../../api/bellwire-client.ts";
import { type ListFilter, filterQuery } from "../../api/filters.ts";
import { type ListName, filteredLists } from "./filter-table.ts";

export type CountedList = Exclude<ListName, "failures">;

/** Counting a filter that matches little takes the server longer than reading a page, so it is repeated rarely. */
const countEveryMs = 30_000;

const countQuery = (api: ApiClient, list: CountedList, filter: ListFilter) =>
  queryOptions({
    queryKey: [list, "filtered count", filter],
    queryFn: () => {
      const params = { params: { query: filterQuery(filter) } };
      switch (list) {
        case "deliveries":
          return responseBody(api.GET("/api/v1/deliveries/count", params));
        case "events":
          return responseBody(api.GET("/api/v1/events/count", params));
        case "attempts":
          return responseBody(api.GET("/api/v1/attempts/count", params));
      }
    },
    refetchInterval: countEveryMs,
    retry: false,
  });

/** The number of rows that match the filter: "About 12,400 deliveries". */
export function ListCount({ list, filter }: { list: CountedList; filter: ListFilter }) {
  const { data } = useQuery(countQuery(useApi(), list, filter));
  return (
    <span className="bellwire-subtle" role="status">
      {data && describeCount(list, data)}
    </span>
  );
}

/** Returns "About 12,400 deliveries", "1 delivery". */
function describeCount(list: ListName, { count, about }: { count: number; about: boolean }): string {
  const { row, rows } = filteredLists[list];
  return `${about ? "About " : ""}${count.toLocaleString("en")} ${count === 1 && !about ? row : rows}`;
}
