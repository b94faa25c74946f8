import { expect, test } from "vitest";
import { createQueryClient, refreshQueries } from "./bellwire-client.ts";

test.each([
  ["for the first time", undefined],
  ["again", ["crm"]],
] as const)(
  "a list that is fetched %s while a change is made is fetched after it, too, even if its page is not shown",
  async (_, data) => {
    const client = createQueryClient();
    const queryKey = ["endpoints"];
    client.setQueryData(queryKey, data);
    const response = Promise.withResolvers<readonly string[]>();
    const before = client
      .fetchQuery({ queryKey, queryFn: () => response.promise, staleTime: 0 })
      .catch(() => "aborted");
    await refreshQueries(client, [queryKey]);
    response.resolve([]);
    await before;
    expect(await client.fetchQuery({ queryKey, queryFn: async () => ["crm"] })).toEqual(["crm"]);
  },
);
