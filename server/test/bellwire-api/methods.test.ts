import { expect } from "vitest";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { fieldsOf, operationsIn } from "../support/open-api.ts";
import { test } from "./bellwire-api-test.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"] as const;

test("OPTIONS and any unsupported method return the path's allowed methods", async ({ api }) => {
  const documented = operationsIn(fieldsOf(await bellwireApiDocument("0.0.0")));
  const byPath = Map.groupBy(documented, ({ path }) => path);
  expect(byPath.size).toBeGreaterThan(30);
  for (const [path, operations] of byPath) {
    const known = operations.map(({ method }) => method.toUpperCase());
    const hasHead = known.includes("GET") && !path.endsWith("/stream");
    const allow = [...known, ...(hasHead ? ["HEAD"] : [])].toSorted().join(", ");
    const url = path.replaceAll(/\{\w+\}/g, "1");
    for (const method of [...methods.filter((each) => !known.includes(each)), "OPTIONS"] as const) {
      const answer = await api.sendWithoutToken({ method, url });
      const outcome = [answer.statusCode, answer.headers["allow"]];
      expect([method, path, ...outcome]).toEqual([method, path, method === "OPTIONS" ? 204 : 405, allow]);
    }
  }
});
