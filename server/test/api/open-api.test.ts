import { expect } from "vitest";
import { describeAccountManagementApi } from "#http/account-management-api/index.ts";
import { test } from "./api-test.ts";

test("the served OpenAPI document equals the generated one", async ({ api }) => {
  const response = await api.sendWithoutToken({ url: "/admin/api/openapi.json" });

  expect(response.json()).toEqual(await describeAccountManagementApi("0.0.0"));
});

const methods = ["GET", "POST", "PUT", "DELETE"] as const;

test("every documented operation is served and requires credentials", async ({ api }) => {
  const { paths }: { paths: object } = JSON.parse(JSON.stringify(await describeAccountManagementApi("0.0.0")));
  const send = async (method: (typeof methods)[number], path: string): Promise<number> =>
    (await api.sendWithoutToken({ method, url: path.replaceAll(/\{\w+\}/g, "1") })).statusCode;

  for (const [path, operations] of Object.entries(paths)) {
    for (const method of methods) {
      if (method.toLowerCase() in operations) {
        expect([method, path, await send(method, path)]).toEqual([method, path, 403]);
      }
    }
  }
  expect(await send("PUT", "/admin/api/accounts")).toBe(404);
  expect(Object.keys(paths).length).toBeGreaterThan(50);
});
