import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify, { type FastifyInstance } from "fastify";
import { type ProviderUser, type Role, callersChanged, createProviderUser, hashPassword } from "#access/index.ts";
import { adminPortalPlugin } from "#http/admin-portal/index.ts";
import { developerPortalPlugin } from "#http/developer-portal/index.ts";
import { addFindProviderHook } from "#http/shared/find-provider.ts";
import type { Pool } from "#platform/database/database.ts";
import { setUpProvider } from "#portal/provider-account/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import type { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { test as base } from "../support/test.ts";
import { Visitor } from "./visitor.ts";

const baseDomain = "bellwire.test";
export const password = "correct horse battery";

/** The sign-up form, filled in as it should be. */
export const filledIn = (username: string): Record<string, string> => ({
  org_name: "Tallow Ltd",
  username,
  email: `${username}@tallow.example`,
  password,
  password_confirmation: password,
});

/** A provider of its own, with both portals open. */
export interface PortalHouse {
  readonly pool: Pool;
  readonly clock: HandDrivenClock;
  readonly provider: Provider;
  /** Where the app's built files would be. */
  readonly webFolder: string;
  /** Somebody with a browser's manners and no cookies yet, on one of the two hosts. */
  visitor(side: "developer" | "admin", options?: { address?: string }): Visitor;
  /** Somebody who has signed up. */
  developer(username: string): Promise<Visitor>;
  /** Somebody of the provider's own who has signed in. */
  signedIn(username: string): Promise<Visitor>;
  /** Puts an app where the built one would be. */
  buildWeb(): void;
  addProviderUser(username: string, role: Role): Promise<ProviderUser>;
  /** The events of the provider since it was last asked, with who caused them. */
  told(): Promise<readonly string[]>;
  /** The path of the link in the newest mail. */
  mailedPath(): Promise<string>;
  change(
    columns: Partial<Record<"signups_enabled" | "email_activation" | "web_hooks" | "state", unknown>>,
  ): Promise<void>;
}

/** What a page of a try-out needs besides: somewhere for the webhooks to go. */
interface TryOutHouse extends PortalHouse {
  addEndpoint(): Promise<void>;
}

export const test = base
  .extend("webFolder", ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), "bellwire-web-"));
    onCleanup(() => rmSync(folder, { recursive: true }));
    return folder;
  })
  .extend("http", async ({ sharedPool, clock, webFolder }, { onCleanup }) => {
    const http = openDoors({ pool: sharedPool, clock, webFolder });
    onCleanup(() => http.close());
    return http;
  })
  .extend("house", async ({ sharedPool, clock, http, webFolder }) =>
    openHouse({ pool: sharedPool, clock, webFolder }, http),
  )
  .extend("neighbour", async ({ sharedPool, clock, http, webFolder }) =>
    openHouse({ pool: sharedPool, clock, webFolder }, http),
  )
  .extend("tryOut", async ({ sharedPool, clock, webFolder }, { onCleanup }): Promise<TryOutHouse> => {
    const http = openDoors({ pool: sharedPool, clock, webFolder }, tryOutLinks);
    onCleanup(() => http.close());
    const house = await openHouse({ pool: sharedPool, clock, webFolder }, http);
    const endpoint = { providerId: house.provider.id, url: "https://receiver.example/" };
    return { ...house, addEndpoint: async () => void (await buildEndpoint(sharedPool, endpoint)) };
  });

const tryOutLinks = { binsUrl: "https://admin.example/p/admin/bins", adminUrl: "https://admin.example/p/admin" };

interface Ground {
  readonly pool: Pool;
  readonly clock: HandDrivenClock;
  readonly webFolder: string;
}

function openDoors({ pool, clock, webFolder }: Ground, tryOut?: typeof tryOutLinks): FastifyInstance {
  const http = fastify();
  const needs = {
    pool,
    clock,
    cookieSecret: Buffer.alloc(32, 5),
    secureCookies: true,
    tryOut: () => tryOut,
    developerPortalUrl: ({ subdomain }: Provider) => `https://${subdomain}.${baseDomain}`,
    adminPortalUrl: ({ subdomain }: Provider) => `https://${subdomain}-admin.${baseDomain}`,
  };
  http.register(async (doors) => {
    addFindProviderHook(doors, { pool, clock, baseDomain });
    await doors.register(adminPortalPlugin({ ...needs, webFolder }));
    await doors.register(developerPortalPlugin({ ...needs, mailIsSent: false }));
  });
  return http;
}

async function openHouse(ground: Ground, http: FastifyInstance): Promise<PortalHouse> {
  const { pool, clock } = ground;
  const subdomain = `p${randomBytes(6).toString("hex")}`;
  const setup = { name: "Wheat & Sons", subdomain, adminUsername: "boss", adminPassword: password, now: clock.now() };
  const made = await pool.inTransaction((tx) => setUpProvider(tx, setup));
  if ("refused" in made) throw new Error(JSON.stringify(made.refused));
  const { provider } = made;
  const enter = async (side: "developer" | "admin", url: string, fields: Record<string, string>): Promise<Visitor> => {
    const visitor = new Visitor(http, hosts[side], "203.0.113.7");
    const { status } = await visitor.submit(url, fields);
    if (status !== 303) throw new Error(`${url} answered ${status}`);
    return visitor;
  };
  const hosts = { developer: `${subdomain}.${baseDomain}`, admin: `${subdomain}-admin.${baseDomain}` };

  return {
    ...ground,
    provider,
    visitor: (side, { address = "203.0.113.7" } = {}) => new Visitor(http, hosts[side], address),
    developer: (username) => enter("developer", "/signup", filledIn(username)),
    signedIn: (username) => enter("admin", "/p/login", { username, password }),
    buildWeb: () => buildWeb(ground.webFolder),
    addProviderUser: async (username, role) => {
      const passwordHash = await hashPassword(password, { providerId: provider.id });
      return pool.inTransaction((tx) =>
        createProviderUser(tx, { providerId: provider.id, username, passwordHash, role }),
      );
    },
    told: eventTeller(pool, provider.id),
    mailedPath: async () => {
      const newest = `select text from mails where provider_id = $1 order by id desc limit 1`;
      const [mail] = await pool.query<{ text: string }>(newest, [provider.id]);
      const [link = ""] = /https:\/\/\S+/.exec(mail?.text ?? "") ?? [];
      return new URL(link).pathname;
    },
    change: async (columns) => {
      await pool.inTransaction(async (tx) => {
        for (const [column, value] of Object.entries(columns)) {
          await tx.query(`update providers set ${column} = $2 where id = $1`, [provider.id, value]);
        }
        callersChanged(tx, provider.id);
      });
    },
  };
}

/** Each event as `account.updated by developer ada in developer_portal`. */
function eventTeller(pool: Pool, providerId: number): () => Promise<readonly string[]> {
  const statement = `
    select event.id, event.type || ' by ' || event.actor_kind || ' ' || coalesce(actor.username, 'nobody') || ' in ' ||
      event.channel as sentence
    from events as event
    left join users as actor on actor.provider_id = event.provider_id and actor.id = event.actor_user_id
    where event.provider_id = $1
    order by event.id`;
  const known = new Set<unknown>();
  return async () => {
    const events = await pool.query<{ id: unknown; sentence: string }>(statement, [providerId]);
    const fresh = events.filter(({ id }) => !known.has(id));
    for (const { id } of fresh) known.add(id);
    return fresh.map(({ sentence }) => sentence);
  };
}

function buildWeb(folder: string): void {
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "<!doctype html><html><head><title>App</title></head><body></body></html>");
  writeFileSync(join(folder, "assets", "index-abc.js"), "app()");
}
