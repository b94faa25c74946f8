import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify, { type FastifyInstance } from "fastify";
import { type ProviderUser, type Role, notifyCallersChanged, createProviderUser } from "#access/index.ts";
import { adminPortalPlugin } from "#http/admin-portal/index.ts";
import { developerPortalPlugin } from "#http/developer-portal/index.ts";
import { serveApiReference } from "#http/shared/api-reference.ts";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import { createIdentityFetch } from "#http/shared/single-sign-on.ts";
import { systemClock } from "#platform/clock.ts";
import type { Pool } from "#platform/database/database.ts";
import { parseAllowedTargets } from "#platform/network/target-guard.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { createSender } from "#webhooks/attempts/index.ts";
import { buildEndpoint, encryption } from "../support/build-webhooks.ts";
import type { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { test as base } from "../support/test.ts";
import { Visitor } from "./visitor.ts";
import { passwords } from "../support/passwords.ts";

const baseDomain = "bellwire.test";
export const password = "correct horse battery";

/** Returns valid values for the sign-up form. */
export const signUpValues = (username: string): Record<string, string> => ({
  org_name: "Tallow Ltd",
  username,
  email: `${username}@tallow.example`,
  password,
  password_confirmation: password,
});

/** A new provider with both portals. */
export interface PortalFixture {
  readonly pool: Pool;
  readonly clock: HandDrivenClock;
  readonly provider: Provider;
  /** Folder for the app's build output. */
  readonly webFolder: string;
  /** Returns a browser without cookies, on one of the two hosts. */
  visitor(side: "developer" | "admin", options?: { address?: string }): Visitor;
  /** Signs up a developer. */
  developer(username: string): Promise<Visitor>;
  /** Signs in an Admin Portal user. */
  signedIn(username: string): Promise<Visitor>;
  /** Writes a minimal build of the app. */
  buildWeb(): void;
  addProviderUser(username: string, role: Role): Promise<ProviderUser>;
  /** Returns the provider's events since the last call, with their actors. */
  newEvents(): Promise<readonly string[]>;
  /** Returns the path of the link in the newest mail. */
  mailedPath(): Promise<string>;
  updateProvider(
    columns: Partial<Record<"signups_enabled" | "email_activation" | "name" | "web_hooks" | "state", unknown>>,
  ): Promise<void>;
}

/** Adds an endpoint, so that the try-out has deliveries. */
interface TryOutFixture extends PortalFixture {
  addEndpoint(): Promise<void>;
}

export const test = base
  .extend("webFolder", ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), "bellwire-web-"));
    onCleanup(() => rmSync(folder, { recursive: true }));
    return folder;
  })
  .extend("http", async ({ sharedPool, clock, webFolder }, { onCleanup }) => {
    const http = startPortals({ pool: sharedPool, clock, webFolder });
    onCleanup(() => http.close());
    return http;
  })
  .extend("portal", async ({ sharedPool, clock, http, webFolder }) =>
    createPortal({ pool: sharedPool, clock, webFolder }, http),
  )
  .extend("otherPortal", async ({ sharedPool, clock, http, webFolder }) =>
    createPortal({ pool: sharedPool, clock, webFolder }, http),
  )
  .extend("tryOut", async ({ sharedPool, clock, webFolder }, { onCleanup }): Promise<TryOutFixture> => {
    const http = startPortals({ pool: sharedPool, clock, webFolder }, tryOutLinks);
    onCleanup(() => http.close());
    const portal = await createPortal({ pool: sharedPool, clock, webFolder }, http);
    const endpoint = { providerId: portal.provider.id, url: "https://receiver.example/" };
    return { ...portal, addEndpoint: async () => void (await buildEndpoint(sharedPool, endpoint)) };
  });

const tryOutLinks = { binsUrl: "https://admin.example/p/admin/bins", adminUrl: "https://admin.example/p/admin" };

interface PortalParts {
  readonly pool: Pool;
  readonly clock: HandDrivenClock;
  readonly webFolder: string;
}

function startPortals({ pool, clock, webFolder }: PortalParts, tryOut?: typeof tryOutLinks): FastifyInstance {
  const http = fastify({ routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true } }); // as the server
  const allowed = parseAllowedTargets("127.0.0.0/8");
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  const sender = createSender({ clock: systemClock, userAgent: "Bellwire/test", allowed, lookup: async () => [] });
  http.addHook("onClose", () => sender[Symbol.asyncDispose]());
  const needs = {
    pool,
    passwords,
    clock,
    encryption,
    fetchIdentity: createIdentityFetch(sender),
    cookieSecret: Buffer.alloc(32, 5),
    secureCookies: true,
    mailIsSent: false,
    tryOut: () => tryOut,
    developerPortalUrl: ({ subdomain }: Provider) => `https://${subdomain}.${baseDomain}`,
    adminPortalUrl: ({ subdomain }: Provider) => `https://${subdomain}-admin.${baseDomain}`,
  };
  http.register(async (scope) => {
    addFindProviderHook(scope, { pool, clock, baseDomain });
    await scope.register(adminPortalPlugin({ ...needs, webFolder }));
    const apiReference = await serveApiReference(scope, "/api-reference");
    await scope.register(developerPortalPlugin({ ...needs, apiReference }));
  });
  return http;
}

async function createPortal(parts: PortalParts, http: FastifyInstance): Promise<PortalFixture> {
  const { pool, clock } = parts;
  const subdomain = `p${randomBytes(6).toString("hex")}`;
  const setup = { name: "Wheat & Sons", subdomain, adminUsername: "boss", adminPassword: password, now: clock.now() };
  const created = await pool.inTransaction((tx) => setUpProvider(tx, passwords, setup));
  if ("refused" in created) throw new Error(JSON.stringify(created.refused));
  const { provider } = created;
  const submitAndKeep = async (
    side: "developer" | "admin",
    url: string,
    fields: Record<string, string>,
  ): Promise<Visitor> => {
    const visitor = new Visitor(http, hosts[side], "203.0.113.7");
    const { status } = await visitor.submit(url, fields);
    if (status !== 303) throw new Error(`${url} responded ${status}`);
    return visitor;
  };
  const hosts = { developer: `${subdomain}.${baseDomain}`, admin: `${subdomain}-admin.${baseDomain}` };

  return {
    ...parts,
    provider,
    visitor: (side, { address = "203.0.113.7" } = {}) => new Visitor(http, hosts[side], address),
    developer: (username) => submitAndKeep("developer", "/signup", signUpValues(username)),
    signedIn: (username) => submitAndKeep("admin", "/p/login", { username, password }),
    buildWeb: () => buildWeb(parts.webFolder),
    addProviderUser: async (username, role) => {
      const passwordHash = await passwords.hash(password, { providerId: provider.id });
      return pool.inTransaction((tx) =>
        createProviderUser(tx, { providerId: provider.id, username, passwordHash, role }),
      );
    },
    newEvents: trackEvents(pool, provider.id),
    mailedPath: async () => {
      const newest = `select text from mails where provider_id = $1 order by id desc limit 1`;
      const [mail] = await pool.query<{ text: string }>(newest, [provider.id]);
      const [link = ""] = /https:\/\/\S+/.exec(mail?.text ?? "") ?? [];
      const { pathname, search } = new URL(link);
      return pathname + search;
    },
    updateProvider: async (columns) => {
      await pool.inTransaction(async (tx) => {
        for (const [column, value] of Object.entries(columns)) {
          await tx.query(`update providers set ${column} = $2 where id = $1`, [provider.id, value]);
        }
        notifyCallersChanged(tx, provider.id);
      });
    },
  };
}

/** Formats each event as `account.updated by developer ada in developer_portal`. */
function trackEvents(pool: Pool, providerId: number): () => Promise<readonly string[]> {
  const statement = `
    select event.id, event.type || ' by ' || event.actor_kind || ' ' || coalesce(actor.username, 'nobody') || ' in ' ||
      event.channel as description
    from events as event
    left join users as actor on actor.provider_id = event.provider_id and actor.id = event.actor_user_id
    where event.provider_id = $1
    order by event.id`;
  const reported = new Set<unknown>();
  return async () => {
    const events = await pool.query<{ id: unknown; description: string }>(statement, [providerId]);
    const fresh = events.filter(({ id }) => !reported.has(id));
    for (const { id } of fresh) reported.add(id);
    return fresh.map(({ description }) => description);
  };
}

function buildWeb(folder: string): void {
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "<!doctype html><html><head><title>App</title></head><body></body></html>");
  writeFileSync(join(folder, "assets", "index-abc.js"), "app()");
}

/** Returns the path of the application created by the sign-up. */
export async function firstApplicationPath(visitor: Visitor): Promise<string> {
  const [path = ""] = /\/applications\/\d+/.exec((await visitor.get("/applications")).html) ?? [];
  return path;
}

export async function updateProduct(portal: PortalFixture, assignments: string): Promise<void> {
  await portal.pool.query(`update products set ${assignments} where provider_id = $1`, [portal.provider.id]);
}

interface NewPlan {
  readonly kind?: "application_plan" | "service_plan";
  readonly name?: string;
  readonly state?: "published" | "hidden";
}

/** Adds a plan to the provider's only product and returns its id. */
export async function addPlan(
  { pool, provider }: PortalFixture,
  { kind = "application_plan", name = "Gold", state = "published" }: NewPlan = {},
): Promise<number> {
  const [plan] = await pool.query<{ id: number }>(
    `insert into plans (provider_id, kind, product_id, name, system_name, state)
     select $1, $2, id, $3, lower($3), $4 from products where provider_id = $1
     returning id`,
    [provider.id, kind, name, state],
  );
  if (!plan) throw new Error("The provider has no product.");
  return plan.id;
}
