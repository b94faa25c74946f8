import { expect } from "vitest";
import { selectFailures } from "#webhooks/deliveries/index.ts";
import { createJob, readJob, workOnJob } from "#webhooks/jobs/index.ts";
import { fail } from "../support/build-failures.ts";
import { anEvent, buildEndpoint, buildProvider, bySystem, recordNow } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";

test("a full disk counts no row of a job as failed, however long it lasts", async ({ database, owner }) => {
  const providerId = await buildProvider(database);
  await buildEndpoint(database, { providerId, url: "http://127.0.0.1:9/" });
  await recordNow(database, { providerId }, [anEvent(), anEvent(), anEvent()]);
  await fail(database, providerId, "an hour ago");
  const { id } = await createJob(database, {
    providerId,
    kind: "retry",
    subject: "failures",
    rows: (db) => selectFailures(db, { providerId }),
    selection: {},
    endpointId: null,
    format: null,
    ...bySystem,
    follow: async () => undefined,
  });
  await owner.query(`create function bellwire.refuse() returns trigger language plpgsql as
    $$begin raise exception 'could not extend file' using errcode = '53100'; end$$`);
  await owner.query("create trigger full_disk before insert on bellwire.due execute function bellwire.refuse()");
  for (let attempt = 0; attempt < 6; attempt += 1)
    await expect(workOnJob(database)).rejects.toThrow("could not extend file");

  await owner.query("drop trigger full_disk on bellwire.due");
  while (await workOnJob(database));
  expect(await readJob(database, providerId, id)).toMatchObject({ state: "done", done: 3, skipped: 0, failed: 0 });
});
