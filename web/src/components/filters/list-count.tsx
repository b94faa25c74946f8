import { queryOptions, useQuery } from "@tanstack/react-query";
import { formatCount } from "../counts.ts";
import { type ApiClient, responseBody, useApi } from "../../api/bellwire-client.ts";
import { type ListFilter, filterQuery } from "../../api/filters.ts";
import { ListStatus } from "../lists.tsx";
import { type ListName, filteredLists } from "./filter-table.ts";

/** Counting a filter that matches little takes the server longer than reading a page, so it is repeated rarely. */
const countEveryMs = 30_000;

interface Count {
  readonly count: number;
  readonly has_more: boolean;
}

const countQuery = (api: ApiClient, list: ListName, filter: ListFilter) =>
  queryOptions({
    queryKey: [list, "filtered count", filter],
    queryFn: async (): Promise<Count> => {
      const params = { params: { query: filterQuery(filter) } };
      switch (list) {
        case "deliveries":
          return responseBody(api.GET("/api/v1/deliveries/count", params));
        case "events":
          return responseBody(api.GET("/api/v1/events/count", params));
        case "attempts":
          return responseBody(api.GET("/api/v1/attempts/count", params));
        case "failures":
          return responseBody(api.GET("/api/v1/failures/count", params));
      }
    },
    refetchInterval: countEveryMs,
    retry: false,
  });

/** The number of rows that match the filter: "More than 10,000 deliveries". */
export function ListCount({ list, filter }: { list: ListName; filter: ListFilter }) {
  const { data } = useQuery(countQuery(useApi(), list, filter));
  return (
    <span className="bellwire-subtle">
      <ListStatus text={data ? describeCount(list, data) : ""} filter={filter} />
    </span>
  );
}

/** Returns "More than 10,000 deliveries", "1 delivery". "More than 0" may be above rows, so it is left out. */
function describeCount(list: ListName, { count, has_more }: Count): string {
  const { row, rows } = filteredLists[list];
  if (has_more && count === 0) return "";
  return `${has_more ? "More than " : ""}${formatCount(count)} ${count === 1 ? row : rows}`;
}
