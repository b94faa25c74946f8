import { expect } from "vitest";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { test } from "./bellwire-api-test.ts";

test("the served OpenAPI document equals the one generated without a database", async ({ api }) => {
  const answer = await api.sendWithoutToken({ url: "/api/v1/openapi.json" });
  expect(answer.json()).toEqual(await bellwireApiDocument("0.0.0"));
});

test("every route has a unique operationId and a summary, and requires credentials", async ({ api }) => {
  const { paths }: { paths: Record<string, Record<string, { operationId?: string; summary?: string }>> } = (
    await api.sendWithoutToken({ url: "/api/v1/openapi.json" })
  ).json();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  expect(operations.length).toBeGreaterThan(25);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { path, method, operationId, summary } of operations) {
    expect([operationId, summary]).toEqual([expect.any(String), expect.any(String)]);
    const url = path.replaceAll(/\{\w+\}/g, "1");
    const answer = await api.call(asMethod(method), url.replace("/api/v1", ""), { headers: { authorization: "" } });
    expect([operationId, answer.statusCode]).toEqual([operationId, 401]);
  }
});

function asMethod(text: string): "GET" | "POST" | "PATCH" | "DELETE" {
  const method = (["GET", "POST", "PATCH", "DELETE"] as const).find((each) => each === text.toUpperCase());
  if (!method) throw new Error(`The method ${text} is unknown.`);
  return method;
}
