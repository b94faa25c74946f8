import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { createLogger } from "#platform/logger.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { sendMessage } from "#portal/accounts/index.ts";
import { workOnJob } from "#webhooks/jobs/index.ts";
import { providerUrls } from "../../src/app/listening.ts";
import { composeEngine } from "../../src/app/engine-role.ts";
import { composeSender } from "../../src/app/cell-contexts.ts";
import { baseDomain, createProviderApi, type ProviderApi } from "../api/api-test.ts";
import { messageFrom } from "../portal/portal-fixture.ts";
import { lookupHere } from "../support/build-attempts.ts";
import { encryption } from "../support/build-webhooks.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { startReceiver } from "../support/receiver.ts";
import { schema } from "../support/test-databases.ts";
import { until } from "../support/until.ts";

/** An account with users. Each text of it contains its word. */
export interface Canary {
  readonly word: string;
  readonly account: number;
  /** The account's second user, whose texts contain the word followed by `member`. */
  readonly member: number;
}

export interface Portal extends AsyncDisposable {
  readonly api: ProviderApi;
  call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    payload?: object,
  ): Promise<{ status: number; body: ReturnType<JSON["parse"]> }>;
  /** Signs an account up, changes it through all interfaces, and awaits its deliveries. */
  addCanary(word: string): Promise<Canary>;
  /** Lines that the engine and the web server have logged. */
  log(): Promise<string>;
}

/** A provider whose endpoints succeed, fail with a response that returns the request, and point to its own bin. */
export async function openPortal(pool: Pool): Promise<Portal> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "bellwire-log-"));
  opened.defer(() => rm(folder, { recursive: true }));
  const logFile = join(folder, "log");
  const log = createLogger("debug", logFile);
  const server = opened.use(await openWebServer(pool, { baseDomain, log }));
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const urls = providerUrls("http://bellwire.test", baseDomain);
  const network = { allowed, lookup: lookupHere(), caPem: undefined, proxyUrl: undefined, inFlightMax: 10 };
  const sender = opened.use(composeSender({ pool, clock: systemClock, urls, ...network }));
  const engine = { pool, clock: systemClock, encryption, sender, log, metrics: new Registry() };
  opened.use(await composeEngine({ ...engine, inFlightMax: 10, disableAfterDays: 0, drainMs: () => 1000 }));
  const receiver = opened.use(
    await startReceiver((response, { body, path }) => {
      response
        .writeHead(path.includes("fail") ? 500 : 200, { "x-echo": encodeURIComponent(body).slice(0, 2000) })
        .end(body);
    }),
  );

  const api = await createProviderApi(pool, server.http, new Date());
  const call: Portal["call"] = async (method, path, payload) => {
    const headers = { authorization: `Bearer ${api.token}` };
    const answer = await api.sendWithoutToken({ method, url: path, headers, ...(payload && { payload }) });
    if (answer.statusCode >= 500) throw new Error(`${method} ${path}: ${answer.body}`);
    return { status: answer.statusCode, body: answer.body === "" ? null : JSON.parse(answer.body) };
  };
  const must = async (...request: Parameters<Portal["call"]>): Promise<ReturnType<JSON["parse"]>> => {
    const { status, body } = await call(...request);
    if (status >= 300) throw new Error(`${JSON.stringify(request)}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  const bin = await must("POST", "/api/v1/bins", {});
  for (const [name, url] of [
    ["works", receiver.url],
    ["fails", `${receiver.url}/fail`],
    ["bin", bin.url],
  ]) {
    await must("POST", "/api/v1/endpoints", {
      name,
      url,
      event_types: ["*"],
      provider_actions: true,
      all_actors: true,
      retry_waits_seconds: name === "fails" ? [0] : [],
      format: name === "works" ? "json" : "3scale",
      include_credentials: true,
    });
  }
  for (const target of ["Account", "User", "Cinstance"]) {
    await must("POST", "/admin/api/fields_definitions.json", { target, name: "extra", label: "Extra" });
  }
  const [{ application_plan: plan }] = (await must("GET", "/admin/api/application_plans.json")).plans;

  const addCanary = async (word: string): Promise<Canary> => {
    const { account } = await must("POST", "/admin/api/signup.json", {
      org_name: `${word} org`,
      username: `${word}.admin`,
      email: `${word}@people.example`,
      password: "a long password",
      extra: `${word} extra`,
    });
    const at = `/admin/api/accounts/${account.id}`;
    await must("PUT", `${at}.json`, { org_name: `${word} renamed` });
    const { user } = await must("POST", `${at}/users.json`, {
      username: `${word}member`,
      email: `${word}member@people.example`,
      password: "a long password",
      extra: `${word}member extra`,
    });
    await must("PUT", `${at}/users/${user.id}.json`, { email: `${word}member2@people.example` });
    await must("POST", `/api/v1/users/${user.id}/send_activation`, {});
    await must("PUT", `${at}/users/${user.id}/activate.json`, {});
    await must("POST", `/api/v1/accounts/${account.id}/invitations`, { email: `${word}guest@people.example` });
    const { application } = await must("POST", `${at}/applications.json`, {
      plan_id: plan.id,
      name: `${word} app`,
      description: `${word} description`,
      user_key: `${word}key`,
      extra: `${word} extra`,
    });
    const ofApplication = `${at}/applications/${application.id}`;
    await must("PUT", `${ofApplication}.json`, { name: `${word} app 2` });
    await must("POST", `${ofApplication}/keys.json`, { key: `${word}-secret` });
    await must("POST", `${ofApplication}/referrer_filters.json`, { referrer_filter: `${word}.example` });
    await must("POST", `${at}/messages.json`, { subject: `Dear ${word}`, body: `Dear ${word}member` });
    const actor = { kind: "developer", userId: user.id } as const;
    const byMember = { actor, channel: "developer_portal", now: new Date() } as const;
    await sendMessage(pool, {
      ...messageFrom("account", { provider: api.provider, accountId: account.id, by: byMember }),
      values: { subject: `From ${word}`, body: "Mine alone" },
    });
    await must("PUT", `${at}/reject.json`, {}); // mails the admins
    await must("PUT", `${at}/approve.json`, {});
    await allSent(pool);
    const filter = { account: String(account.id) };
    await must("POST", "/api/v1/jobs", { kind: "export", of: "events", filter, format: "ndjson" });
    while (await workOnJob(pool));
    const named = { account: `${word} renamed` };
    await must("POST", "/api/v1/jobs", {
      kind: "export",
      of: "deliveries",
      filter: { state: ["failed"] },
      format: "csv",
    });
    await must("POST", "/api/v1/jobs", { kind: "export", of: "deliveries", filter: named, format: "csv" });
    await must("POST", "/api/v1/views", { list: "deliveries", name: `${word} renamed`, filter: named });
    while (await workOnJob(pool));
    return { word, account: account.id, member: user.id };
  };

  const open = opened.move();
  return {
    api,
    call,
    addCanary,
    log: () => readFile(logFile, "utf8"),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Awaits the end of all deliveries. */
export const allSent = (pool: Pool): Promise<unknown> =>
  until(async () => (await pool.query("select from due")).length === 0, { withinMs: 60_000 });

/**
 * Returns the tables of the cell, and the number of rows of each that contain the word in any column, as text or as bytes.
 * Reads every table that PostgreSQL lists, retired days of the history included. With a provider, rows of others do not count.
 */
export async function findWord(
  owner: Pool,
  word: string,
  providerId: number | null = null,
): Promise<Readonly<Record<string, number>>> {
  const tables = await owner.query<{ name: string; qualified: string }>(
    `select relname as name, format('%I.%I', relnamespace::regnamespace, relname) as qualified from pg_class
     where relnamespace in ($1::regnamespace, 'bellwire_directory'::regnamespace) and relkind in ('r', 'p') and not relispartition
     order by relname`,
    [schema],
  );
  const hits: Record<string, number> = {};
  for (const { name, qualified } of tables) {
    const [row] = await owner.query<{ count: number }>(
      `select count(*) as count
       from (select to_jsonb(it) ->> 'provider_id' as owner, lower(to_jsonb(it)::text) as row from ${qualified} it) rows
       where (position($1 in row) > 0 or position(encode(convert_to($1, 'UTF8'), 'hex') in row) > 0)
         and ($2::text is null or owner is null or owner = $2)`,
      [word, providerId],
    );
    if (row && row.count > 0) hits[name] = row.count;
  }
  return hits;
}
