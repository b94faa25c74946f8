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
  const given = Array.from({ length: 1001 }, () => anEvent());
  await recordNow(database, { providerId }, given);
  const failed = await fail(database, providerId, "an hour ago");
  const now = await listFailures(database, encryption, { providerId });

  const told: string[][] = [];
  for await (const page of allFailures(database, encryption, { providerId })) {
    told.push(page.map(({ eventId }) => eventId));
    if (told.length > 1) continue;
    await recordNow(database, { providerId });
    await fail(database, providerId, "now");
    await until(async () => (await listFailures(database, encryption, { providerId })).length > given.length);
  }
  expect(told.map(({ length }) => length)).toEqual([500, 500, 1]);
  expect(told.flat()).toEqual(now.map(({ eventId }) => eventId));
  expect(new Set(told.flat())).toEqual(new Set(failed));
});
