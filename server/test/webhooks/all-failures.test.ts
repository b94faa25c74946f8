import { expect } from "vitest";
import { allFailures, listFailures } from "#webhooks/deliveries/index.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, encryption, recordNow } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

test("all failures are listed in pages, oldest first, each once, without those added meanwhile", async ({
  database,
}) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "" });
  const inputs = Array.from({ length: 1001 }, () => anEvent());
  await recordNow(database, { providerId }, inputs);
  const failed = await fail(database, providerId, "an hour ago");
  const now = await listFailures(database, encryption, { providerId });

  const pages: string[][] = [];
  for await (const page of allFailures(database, encryption, { providerId })) {
    pages.push(page.map(({ eventId }) => eventId));
    if (pages.length > 1) continue;
    await recordNow(database, { providerId });
    await fail(database, providerId, "now");
    await until(async () => (await listFailures(database, encryption, { providerId })).length > inputs.length);
  }
  expect(pages.map(({ length }) => length)).toEqual([20, 40, 80, 160, 320, 381]);
  expect(pages.flat()).toEqual(now.map(({ eventId }) => eventId));
  expect(new Set(pages.flat())).toEqual(new Set(failed));
});

// 500 of 390 kB took 600 MB.
test("pages of failures with large bodies have about a megabyte", async ({ database, owner }) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "" });
  await recordNow(
    database,
    { providerId },
    Array.from({ length: 70 }, () => anEvent()),
  );
  await fail(database, providerId, "an hour ago");
  await owner.query("update payloads set body = $1", [Buffer.alloc(40_000, "x")]);
  const pages: number[] = [];
  for await (const page of allFailures(database, encryption, { providerId })) pages.push(page.length);
  expect(pages).toEqual([20, 24, 24, 2]);
});
