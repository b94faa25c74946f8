import { expect } from "vitest";
import { insertMail } from "#portal/mails/index.ts";
import { readDelivery } from "#webhooks/deliveries/index.ts";
import { buildEndpoint, buildProvider, recordNow } from "../support/build-webhooks.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { startRawReceiver } from "../support/raw-receiver.ts";
import { startReceiver } from "../support/receiver.ts";
import { runRoles } from "../support/run-bellwire.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";

const runEngine = (databaseUrl: string, dataDir: string, mailPort: number) =>
  runRoles(["engine"], {
    DATABASE_URL: databaseUrl,
    BELLWIRE_SECRET_KEY: Buffer.alloc(32, 7).toString("base64"),
    BELLWIRE_DATA_DIR: dataDir,
    BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
    BELLWIRE_SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
  });

const mail = { recipient: "nora@fjord.example", subject: "Welcome", text: "Hello" };

test("a mail that the mail server does not respond to delays no other mail", async ({ database, databaseUrl }) => {
  await using mailServer = await startRawReceiver(() => undefined);
  await using folder = await makeEmptyDataDir();
  const engine = await runEngine(databaseUrl, folder.path, mailServer.port);
  const providerId = await buildProvider(database);
  for (let sent = 1; sent <= 3; sent += 1) {
    await database.inTransaction((tx) => insertMail(tx, providerId, mail, new Date()));
    await until(() => mailServer.connections === sent);
  }
  await mailServer[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

test("a stop records attempts in flight and ends the engine although a mail server does not respond", async ({
  database,
  databaseUrl,
}) => {
  const answered = Promise.withResolvers<void>();
  await using receiver = await startReceiver((answer) => void answered.promise.then(() => answer.writeHead(200).end()));
  await using mailServer = await startRawReceiver(() => undefined);
  await using folder = await makeEmptyDataDir();
  const engine = await runEngine(databaseUrl, folder.path, mailServer.port);
  const providerId = await buildProvider(database);
  const endpointId = await buildEndpoint(database, { providerId, url: receiver.url });
  await database.inTransaction((tx) => insertMail(tx, providerId, mail, new Date()));
  const [eventId = ""] = await recordNow(database, { providerId });
  await until(() => receiver.received.length === 1 && mailServer.connections === 1);

  const stopped = engine[Symbol.asyncDispose]();
  answered.resolve();
  await until(async () => (await database.query("select from engines")).length === 0);
  expect(await readDelivery(database, { providerId, eventId, endpointId })).toMatchObject({ state: "delivered" });
  await mailServer[Symbol.asyncDispose]();
  await stopped;
});
