import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { databaseLocation } from "#platform/database/connection.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { valueAt } from "../chaos/api-client.ts";
import { openDatabaseLine, openLineTo } from "../support/database-line.ts";
import { claimPort } from "../../src/app/listening.ts";
import { openEventStream } from "../support/event-stream.ts";
import { startCollector } from "../support/otlp-collector.ts";
import { startReceiver } from "../support/receiver.ts";
import { BellwireProcess, inOneProcess } from "../support/start-bellwire.ts";
import { templateOfStarts } from "../support/test-databases.ts";
import { test as base } from "../support/test.ts";
import { startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { until } from "../support/until.ts";
import {
  type Answer,
  type CellProvider,
  Installation,
  askProvider,
  createCellTemplate,
  openClient,
  queryOnce,
  signUp,
  subscribe,
} from "./installation.ts";

const timeout = 180_000;

const test = base
  .extend("template", { scope: "file" }, async ({}, { onCleanup }) => {
    const template = await createCellTemplate(["east"]);
    onCleanup(() => template[Symbol.asyncDispose]());
    return template.name;
  })
  /** Two databases of one server, which differ from two servers in nothing that ids, engines and routes depend on. */
  .extend("installation", async ({ template }, { onCleanup }) => {
    const [directory, other] = [await cloneTemplate(template), await cloneTemplate(template)];
    const installation = await Installation.open(directory.connectionString, other.connectionString);
    onCleanup(async () => {
      await installation[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    });
    return installation;
  });

test.concurrent(
  "a cell works, even after a restart, while the directory's server is down; the default cell recovers with that server",
  { timeout },
  async () => {
    await using directory = await startThrowAwayPostgres();
    await using other = await cloneTemplate(templateOfStarts);
    const line = await openDatabaseLine(directory.socketPath);
    const { username, password } = new URL(directory.urlOf("postgres").replace("@/", "@localhost/"));
    const throughLine = `postgresql://${username}:${password}@127.0.0.1:${line.port}/postgres?sslmode=disable`;
    await using installation = await Installation.open(throughLine, other.connectionString);
    await using receiver = await startReceiver();
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    const [quay, creek] = [
      await installation.createProvider("quay", "west"),
      await installation.createProvider("creek", "default"),
    ];
    await using early = await installation.serve(inOneProcess);
    for (const provider of [quay, creek]) {
      expect(await subscribe(early.url, provider, receiver.url)).toMatchObject({ status: 200 });
    }
    expect(await signUp(early.url, quay, "ann")).toMatchObject({ status: 201 });
    await until(() => receiver.received.length === 3);

    await line[Symbol.asyncDispose]();
    expect(await signUp(early.url, quay, "ben")).toMatchObject({ status: 201 });
    await until(() => receiver.received.length === 6);
    expect(await early.stop()).toBe(0);
    const operationsPort = String(await claimPort("127.0.0.1", 0));
    await using late = await installation.serve({
      BELLWIRE_CELL_DATABASE_URL: other.connectionString,
      BELLWIRE_DATABASE_WAIT_SECONDS: "0",
      BELLWIRE_OPERATIONS_PORT: operationsPort,
    });
    expect(late.stderr).toContain("the directory does not respond: starting with the copy");
    expect(await signUp(late.url, quay, "eve")).toMatchObject({ status: 201 });
    await until(() => receiver.received.length === 9);
    const ready = await askProvider(late.url, quay, "GET", "/readyz");
    expect([ready.status, ready.body]).toEqual([200, expect.stringContaining("it has the directory")]);
    const isAway = async (): Promise<string | undefined> => {
      const metrics = await (await fetch(`http://127.0.0.1:${operationsPort}/metrics`)).text();
      return /^bellwire_directory_away (\d)/m.exec(metrics)?.[1];
    };
    expect(await isAway()).toBe("1");
    expect(await signUp(late.url, creek, "ann")).toMatchObject({ status: 503 });

    await using _again = await openDatabaseLine(directory.socketPath, line.port);
    await until(async () => (await signUp(late.url, creek, "ann")).status === 201);
    await until(() => receiver.received.length === 12);
    expect(await isAway()).toBe("0");
  },
);

test.concurrent(
  "metrics do not wait for a cell that is being opened while its database is silent",
  { timeout },
  async ({ installation }) => {
    const { line, connectionString } = await openLineTo(installation.otherUrl);
    await writeFile(installation.otherUrlFile, connectionString);
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    const quay = await installation.createProvider("quay", "west");
    const operationsPort = await claimPort("127.0.0.1", 0);
    await using bellwire = await installation.runRoles(["web"], { BELLWIRE_OPERATIONS_PORT: String(operationsPort) });
    line.silence();
    const opening = askProvider(bellwire.url, quay, "GET", "/api/v1/endpoints").then(({ status }) => status);
    const scrapes = (async () => {
      const texts: string[] = [];
      while (texts.length < 20) texts.push(await (await fetch(`http://127.0.0.1:${operationsPort}/metrics`)).text());
      return texts;
    })();
    expect(await Promise.race([opening, scrapes])).toHaveLength(20);
    await line[Symbol.asyncDispose]();
    expect(await opening).toBe(503);
  },
);

test.concurrent(
  "a trace covers a request for another cell and its deliveries to the receiver",
  { timeout },
  async ({ installation }) => {
    await using receiver = await startReceiver();
    await using collector = await startCollector();
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    const quay = await installation.createProvider("quay", "west");
    await using bellwire = await installation.serve({ ...inOneProcess, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    expect(await subscribe(bellwire.url, quay, receiver.url)).toMatchObject({ status: 200 });
    expect(await signUp(bellwire.url, quay, "ann")).toMatchObject({ status: 201 });
    await until(() => receiver.received.length === 3);
    const [, traceId] = String(receiver.received[0]?.headers["traceparent"]).split("-");
    const kinds = (): readonly number[] =>
      collector.spans
        .filter((span) => span.traceId === traceId && !span.attributes.has("db.system.name"))
        .map(({ kind }) => kind);
    await until(() => kinds().length === 7);
    expect(kinds().toSorted((one, other) => one - other)).toEqual([2, 3, 3, 3, 4, 4, 4]);
    const server = collector.spans.find((span) => span.traceId === traceId && span.kind === 2);
    expect([
      server?.name,
      server?.attributes.get("http.response.status_code"),
      server?.attributes.get("bellwire.provider.id"),
    ]).toEqual(["POST /admin/api/signup.:extension", 201, quay.id]);
  },
);

test.concurrent(
  "one process serves providers of all cells, and none sees another's accounts",
  { timeout },
  async ({ installation }) => {
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    await installation.done("cell", "add", "east");
    const providers = [
      await installation.createProvider("quay", "west"),
      await installation.createProvider("brook", "east"),
      await installation.createProvider("creek", "default"),
    ];
    await using bellwire = await installation.runRoles(["web"]);
    const { url } = bellwire;
    for (const provider of providers) {
      expect(await signUp(url, provider, `developer-of-${provider.subdomain}`)).toMatchObject({ status: 201 });
    }
    for (const { subdomain } of providers) {
      for (const { subdomain: owner, token } of providers) {
        const list = await askProvider(url, { subdomain, token }, "GET", "/admin/api/accounts.json");
        const seen = [...list.body.matchAll(/developer-of-(\w+)/g)].map(([, name]) => name);
        const isOwn = subdomain === owner;
        const expected = [subdomain, owner, isOwn ? 200 : 403, new Set(isOwn ? [owner] : [])];
        expect([subdomain, owner, list.status, new Set(seen)]).toEqual(expected);
      }
    }
    const schemas = [
      [installation.otherUrl, "bellwire"],
      [installation.directoryUrl, "bellwire_east"],
      [installation.directoryUrl, "bellwire"],
    ] as const;
    const accounts = await Promise.all(
      schemas.map(([url_, cellSchema]) => queryOnce<{ id: string }>(url_, `select id from ${cellSchema}.accounts`)),
    );
    expect(accounts.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(new Set(accounts.flat().map(({ id }) => id)).size).toBe(3);
  },
);

test.concurrent(
  "a bin receives deliveries from every cell, forwards them, shows them to viewers, and loses those of an erased account",
  { timeout },
  async ({ installation }) => {
    await using receiver = await startReceiver();
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    await installation.done("cell", "add", "east");
    const [quay, brook, creek] = [
      await installation.createProvider("quay", "west"),
      await installation.createProvider("brook", "east"),
      await installation.createProvider("creek", "default"),
    ];
    const caught = "select substring(path from '\\w+$') as name from bellwire.bin_requests order by name";
    const readCaught = async () =>
      (await queryOnce<{ name: string }>(installation.otherUrl, caught)).map(({ name }) => name);
    await using bellwire = await installation.runRoles(["web"]);
    await using _engine = await installation.runRoles(["engine"], { BELLWIRE_PUBLIC_URL: bellwire.url });
    const created = await askProvider(bellwire.url, quay, "POST", "/api/v1/bins", { forward_url: receiver.url });
    expect(created).toMatchObject({ status: 201 });
    const bin = { url: textAt(created, "url"), viewUrl: textAt(created, "view_url") };
    const accounts = new Map<CellProvider, number>();
    for (const provider of [quay, brook, creek]) {
      expect(await subscribe(bellwire.url, provider, `${bin.url}/${provider.subdomain}`)).toMatchObject({
        status: 200,
      });
      const ann = await signUp(bellwire.url, provider, "ann");
      expect(ann).toMatchObject({ status: 201 });
      accounts.set(provider, Number(valueAt(JSON.parse(ann.body), "account", "id")));
    }
    await until(() => receiver.received.length === 9);
    const paths = receiver.received.map(({ path }) => path.replace("/hook/", ""));
    expect(new Set(paths)).toEqual(new Set(["quay", "brook", "creek"]));

    const shared = await askProvider(bellwire.url, quay, "POST", `${pathOf(bin.url, "/api/v1")}/shares`, { hours: 1 });
    for (const url of [bin.viewUrl, textAt(shared, "url")]) {
      const page = await askProvider(bellwire.url, { ...quay, token: "" }, "GET", pathOf(url));
      expect([page.status, page.body.includes("/brook")]).toEqual([200, true]);
    }
    const stream = `${bellwire.url}${pathOf(bin.viewUrl).replace("/view?", "/view/stream?")}`;
    using events = await openEventStream(stream, { host: `quay-admin.bellwire.test` });
    expect(await signUp(bellwire.url, creek, "ben")).toMatchObject({ status: 201 });
    await until(() => /id: \d/.test(events.text()));

    await until(async () => (await readCaught()).length === 12);
    for (const provider of [brook, creek]) {
      const erasure = { account_id: accounts.get(provider), pending: "cancel" };
      const begun = await askProvider(bellwire.url, provider, "POST", "/api/v1/erasures", erasure);
      expect(begun).toMatchObject({ status: 201 });
    }
    await until(async () => (await readCaught()).length === 6);
    // Those of Ann are gone. Ben's in the same bin stay, as do those of the Ann of the bin's own provider.
    expect(await readCaught()).toEqual(["creek", "creek", "creek", "quay", "quay", "quay"]);
  },
);

const textAt = ({ body }: Answer, name: string): string => String(valueAt(JSON.parse(body), name));

const pathOf = (url: string, prefix = ""): string => prefix + url.slice(new URL(url).origin.length);

test.concurrent("ids of two databases never collide, since each uses its own milliseconds", async ({
  installation,
}) => {
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  const createIds = "select bellwire_directory.new_id() as id from generate_series(1, 20000)";
  const urls = [installation.directoryUrl, installation.otherUrl];
  const results = await Promise.all(urls.map((url) => queryOnce<{ id: string }>(url, createIds)));
  const ids = results.map((rows) => rows.map(({ id }) => Number(id)));
  expect(ids.map((each) => new Set(each.map((id) => Math.floor(id / 4096) % 16)))).toEqual([
    new Set([0]),
    new Set([1]),
  ]);
  for (const each of ids) {
    expect(new Set(each).size).toBe(20_000);
    expect(each.toSorted((one, other) => one - other)).toEqual(each);
  }
});

test.concurrent("a draining cell accepts no new providers, and commands still find its providers", async ({
  installation,
}) => {
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  await installation.createProvider("brook", "west");
  expect(await installation.done("cell", "drain", "west")).toContain("bellwire provider move brook --to CELL");
  const names = ["--name", "Creek", "--subdomain", "creek"];
  const refused = await installation.run("provider", "create", ...names, "--cell", "west");
  expect(refused).toEqual([2, expect.stringContaining("gets no new providers")]);
  expect(await installation.done("cell", "list")).toMatch(/^west +draining +1 /m);
  expect(await installation.done("failures", "check", "--provider", "brook")).toBe("0 deliveries have failed");
  const last = await installation.run("cell", "drain", "default");
  expect(last).toEqual([2, expect.stringContaining("No other cell is active")]);
  await installation.done("cell", "drain", "west", "--undo");
  await installation.done("provider", "create", ...names, "--cell", "west");
  expect(await installation.done("cell", "drain", "default")).toContain("cell default is draining");
});

test.concurrent("adding a cell is rejected if its name is taken or its database is the directory's", async ({
  installation,
}) => {
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  const again = await installation.run("cell", "add", "west", "--schema", "other");
  expect(again).toEqual([2, expect.stringContaining("There is a cell west already")]);
  await writeFile(installation.otherUrlFile, installation.directoryUrl);
  const place = ["--schema", "east", "--database-url-file", installation.otherUrlFile];
  const same = await installation.run("cell", "add", "east", ...place);
  expect(same).toEqual([2, expect.stringContaining("That is the database of DATABASE_URL")]);
  expect(await installation.done("cell", "list")).not.toContain("east");
});

test.concurrent("a cell whose addition was interrupted is not used until it is added again", async ({
  installation,
}) => {
  await using migrating = await openClient(installation.otherUrl);
  await migrating.query("select pg_advisory_lock(hashtextextended('bellwire migrations', 0))");
  const place = ["--database-url-file", installation.otherUrlFile];
  await using killed = new BellwireProcess(["cell", "add", "west", ...place], installation.environment);
  await until(() => killed.stderr.includes("another process checks or migrates the database"));
  killed.signal("SIGKILL");
  await killed.ended;

  expect(await installation.done("cell", "list")).toMatch(/^west +adding +0 /m);
  for (const args of [
    ["drain", "west"],
    ["drain", "west", "--undo"],
    ["drain", "default", "--to", "west"],
  ]) {
    expect(await installation.run("cell", ...args)).toEqual([2, expect.stringContaining("west is not complete")]);
  }
  const ofEveryCell = [
    ["migrate"],
    ["migrate", "--plan"],
    ["rekey"],
    ["hold", "--after-restore"],
    ["provider", "list"],
  ];
  for (const args of ofEveryCell) await installation.done(...args);
  await migrating.query("select pg_advisory_unlock_all()");
  await installation.done("cell", "add", "west", ...place);
  expect(await installation.done("cell", "list")).toMatch(/^west +active +0 /m);
  await installation.createProvider("quay", "west");
});

test.concurrent(
  "a stop during the start of an engine whose cell is silent logs no error",
  { timeout },
  async ({ installation }) => {
    const { line, connectionString } = await openLineTo(installation.otherUrl);
    await writeFile(installation.otherUrlFile, connectionString);
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    await using folder = await mkdtempDisposable(join(tmpdir(), "bellwire-silent-"));
    await using silent = createServer().listen(join(folder.path, "socket"));
    line.moveTo(join(folder.path, "socket"));
    const connected = once(silent, "connection");
    await using engine = new BellwireProcess(["serve", "--role", "engine"], installation.environment);
    const [connection] = await connected;
    const end = await engine.stop();
    connection.destroy();
    await line[Symbol.asyncDispose]();
    expect([end, engine.stderr]).toEqual([0, ""]);
  },
);

test.concurrent("missing rights in the database of a cell are reported with that database", async ({
  installation,
}) => {
  const role = `without_rights_${randomBytes(6).toString("hex")}`;
  await queryOnce(installation.otherUrl, `create role ${role} login password 'secret'`);
  const url = installation.otherUrl.replace(/\/\/[^@]*@/, `//${role}:secret@`);
  await writeFile(installation.otherUrlFile, url);
  const refused = await installation.run("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  await queryOnce(installation.otherUrl, `drop role ${role}`);
  const message = `The user of the database at ${databaseLocation(url)} may not do what the migration needs`;
  expect(refused).toEqual([1, expect.stringContaining(message)]);
  expect(refused[1]).not.toContain("DATABASE_URL");
});

test.concurrent("the connection string of a cell is encrypted, and re-encrypted with a new key", async ({
  installation,
}) => {
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  const read = "select database_url as url from bellwire_directory.cells where name = 'west'";
  const readCipher = async () => (await queryOnce<{ url: Buffer }>(installation.directoryUrl, read))[0]?.url;
  const before = await readCipher();
  const password = new URL(installation.otherUrl.replace("@/", "@localhost/")).password;
  expect(before?.includes(password)).toBe(false);
  const newest = Buffer.alloc(32, 9).toString("base64");
  const keys = { BELLWIRE_SECRET_KEY: `${newest},${installation.environment["BELLWIRE_SECRET_KEY"]}` };
  expect(await installation.with(keys).run("rekey")).toEqual([0, expect.stringContaining("1 connection strings")]);
  expect((await readCipher())?.equals(before ?? Buffer.alloc(0))).toBe(false);
  expect(await installation.with({ BELLWIRE_SECRET_KEY: newest }).run("migrate")).toEqual([
    0,
    "The database is up to date.",
  ]);
});

test.concurrent("migrate --plan lists the pending migrations of each cell and applies none", async ({
  installation,
}) => {
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  const forget =
    "delete from bellwire.migrations where name = (select max(name) from bellwire.migrations) returning name";
  const [last] = await queryOnce<{ name: string }>(installation.otherUrl, forget);
  const plan = await installation.done("migrate", "--plan");
  expect(plan.split("\n").slice(0, 3)).toEqual(["cell default is up to date", "cell west", last?.name]);
  const tables = await queryOnce<{ name: string }>(installation.otherUrl, "select name from bellwire.migrations");
  expect(tables).not.toContainEqual(last);
});

test.concurrent(
  "engines serve exactly the cells in BELLWIRE_CELLS, including a cell added later",
  { timeout },
  async ({ installation }) => {
    await using receiver = await startReceiver();
    await installation.done("cell", "add", "east");
    const creek = await installation.createProvider("creek", "default");
    const brook = await installation.createProvider("brook", "east");
    await using web = await installation.runRoles(["web"]);
    await using _engine = await installation.runRoles(["engine"], { BELLWIRE_CELLS: "east,west" });
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    const quay = await installation.createProvider("quay", "west");
    for (const provider of [creek, brook, quay]) {
      await subscribe(web.url, provider, `${receiver.url}/${provider.subdomain}`);
      expect(await signUp(web.url, provider, "ann")).toMatchObject({ status: 201 });
    }
    const delivered = (name: string): number => receiver.received.filter(({ path }) => path.endsWith(name)).length;
    await until(() => delivered("brook") === 3 && delivered("quay") === 3);
    expect(delivered("creek")).toBe(0);
  },
);
