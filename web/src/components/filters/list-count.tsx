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
  readonly about: boolean;
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
        case "failures": {
          const { count } = await responseBody(api.GET("/api/v1/failures/count", params));
          return { count, about: false };
        }
      }
    },
    refetchInterval: countEveryMs,
    retry: false,
  });

/** The number of rows that match the filter: "About 12,400 deliveries". */
export function ListCount({ list, filter }: { list: ListName; filter: ListFilter }) {
  const { data } = useQuery(countQuery(useApi(), list, filter));
  return (
    <span className="bellwire-subtle">
      <ListStatus text={data ? describeCount(list, data) : ""} filter={filter} />
    </span>
  );
}

/** Returns "About 12,400 deliveries", "1 delivery". An estimate of nothing may be above rows, so it is left out. */
function describeCount(list: ListName, { count, about }: Count): string {
  const { row, rows } = filteredLists[list];
  if (about && count === 0) return "";
  return `${about ? "About " : ""}${formatCount(count)} ${count === 1 && !about ? row : rows}`;
}
