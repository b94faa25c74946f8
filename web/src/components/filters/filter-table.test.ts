import { expect, test } from "vitest";
import { completeFilter } from "../../testing/examples.ts";
import { type FilterNamesById, definitionsFor, describeFilter, describeSpan, readListFilter } from "./filter-table.ts";

const names: FilterNamesById = {
  endpoints: new Map([["7", "crm"]]),
  eventTypes: new Map([["account.created", "Account created"]]),
};

test("every filter is offered, and unchanged after a round trip through the address", () => {
  expect(readListFilter("deliveries", completeFilter)).toEqual(completeFilter);
});

test("values that the API would reject are dropped; other values of the filter stay", () => {
  expect(
    readListFilter("deliveries", {
      since: "yesterday",
      state: "failed, asleep,failed",
      endpoint_id: "0,-1,x",
      event_type: "account",
      status: "50,600x",
      latency_min: "fast",
      object_id: {},
      order: "oldest",
    }),
  ).toEqual({ state: "failed" });
});

test("a day that does not exist and a span that the API rejects are dropped", () => {
  expect(readListFilter("deliveries", { since: "2026-13-45T00:00Z", until: "-1D" })).toEqual({});
  expect(readListFilter("deliveries", { since: "2027-02-29T00:00Z", until: "2027-02-30T09:00:00+01:00" })).toEqual({});
  expect(readListFilter("deliveries", { since: "2028-02-29T23:59-11:00" })).toEqual({
    since: "2028-02-29T23:59-11:00",
  });
});

test("a text that is too long for the API is searched by its beginning, instead of showing all rows", () => {
  expect(readListFilter("deliveries", { q: `${"harbour ".repeat(24)}mira and more` })).toEqual({
    q: `${"harbour ".repeat(24)}mira and`.slice(0, 200),
  });
});

test("a number in a link is parsed like its text", () => {
  expect(readListFilter("deliveries", { endpoint_id: 7, account: 4 })).toEqual({ endpoint_id: "7", account: "4" });
});

test("a list has only its applicable filters", () => {
  expect(readListFilter("events", { state: "failed", channel: "api" })).toEqual({ channel: "api" });
  expect(definitionsFor("failures").map(({ name }) => name)).not.toContain("state");
});

test.each([
  ["state", "failed,pending", "Failed, Pending"],
  ["endpoint_id", "7,9", "crm, 9, deleted"],
  ["event_type", "account.created,user.*", "Account created, user.*"],
  ["latency_min", "1500", "1.5 s"],
  ["status", "500,4xx", "500, 4xx"],
  ["account", "Harbour, Sons", "Harbour, Sons"],
])("the filter %s=%s is described as “%s”", (name, value, words) => {
  const definition = definitionsFor("deliveries").find((each) => each.name === name);
  expect(definition && describeFilter(definition, value, names)).toBe(words);
});

test.each([
  [{}, "Any time"],
  [{ since: "-1h" }, "Last hour"],
  [{ since: "-3h" }, "From 3 hours ago"],
  [{ since: "-2d", until: "-1d" }, "2 days ago to 1 day ago"],
  [{ until: "2026-03-01T00:00:00Z" }, "Until 1 Mar 2026, 09:00:00 GMT+9"],
])("the time span %o is described as “%s”", (span, words) => {
  expect(describeSpan(span, "Asia/Tokyo")).toBe(words);
});

const [source = ""] = Object.values(
  import.meta.glob<string>("../../../../docs/reference/bellwire-api.openapi.json", {
    query: "?raw",
    import: "default",
    eager: true,
  }),
);
const { paths }: { paths: Record<string, { get: { parameters: { name: string }[] } } | undefined> } =
  JSON.parse(source);

test.each(["deliveries", "attempts", "failures", "events"] as const)(
  "the API's list of %s has each filter that the page offers",
  (list) => {
    const parameters = paths[`/api/v1/${list}`]?.get.parameters.map(({ name }) => name);
    const offered = Object.keys(readListFilter(list, completeFilter));
    expect(parameters).toEqual(expect.arrayContaining(offered));
  },
);
