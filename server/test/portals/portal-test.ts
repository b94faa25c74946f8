import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify, { type FastifyInstance } from "fastify";
import { createProviderUser, hashPassword, type ProviderUser, type Role } from "#access/index.ts";
import { adminPortalDoor } from "#http/admin-portal/index.ts";
import { developerPortalDoor } from "#http/developer-portal/index.ts";
import { addFindProviderHook } from "#http/shared/find-provider-hook.ts";
import type { Pool } from "#platform/database/database.ts";
import type { Provider } from "#portal/providers/index.ts";
import { setUpProvider } from "#portal/provider-setup/index.ts";
import { Visitor } from "./visitor.ts";
import type { HandDrivenClock } from "../support/hand-driven-clock.ts";
import { test as base } from "../support/test.ts";

export const baseDomain = "bellwire.test";
export const password = "correct horse battery";

/** A provider of its own, with both portals open. */
export interface PortalHouse {
  readonly pool: Pool;
  readonly clock: HandDrivenClock;
  readonly provider: Provider;
  /** Where the app's built files would be. */
  readonly webFolder: string;
  /** Somebody with a browser's manners and no cookies yet, on one of the two hosts. */
  visitor(side: "developer" | "admin", options?: { address?: string }): Visitor;
  addProviderUser(username: string, role: Role): Promise<ProviderUser>;
  change(columns: Partial<Record<"signups_enabled" | "email_activation" | "web_hooks" | "state", unknown>>): Promise<void>;
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
  .extend("house", async ({ sharedPool, clock, http, webFolder }) => openHouse({ pool: sharedPool, clock, webFolder }, http))
  .extend("neighbour", async ({ sharedPool, clock, http, webFolder }) => openHouse({ pool: sharedPool, clock, webFolder }, http));

interface Ground {
  readonly pool: Pool;
  readonly clock: HandDrivenClock;
  readonly webFolder: string;
}

function openDoors({ pool, clock, webFolder }: Ground): FastifyInstance {
  const http = fastify();
  const needs = {
    pool,
    clock,
    cookieSecret: Buffer.alloc(32, 5),
    secureCookies: true,
    developerPortalUrl: ({ subdomain }: Provider) => `https://${subdomain}.${baseDomain}`,
    adminPortalUrl: ({ subdomain }: Provider) => `https://${subdomain}-admin.${baseDomain}`,
  };
  addFindProviderHook(http, { pool, baseDomain });
  http.register(developerPortalDoor({ ...needs, mailIsSent: false }));
  http.register(adminPortalDoor({ ...needs, webFolder }));
  return http;
}

async function openHouse(ground: Ground, http: FastifyInstance): Promise<PortalHouse> {
  const { pool, clock } = ground;
  const subdomain = `p${randomBytes(6).toString("hex")}`;
  const setup = { name: "Wheat & Sons", subdomain, adminUsername: "boss", adminPassword: password, now: clock.now() };
  const made = await pool.inTransaction((tx) => setUpProvider(tx, setup));
  if ("refused" in made) throw new Error(JSON.stringify(made.refused));
  const { provider } = made;
  const hosts = { developer: `${subdomain}.${baseDomain}`, admin: `${subdomain}-admin.${baseDomain}` };

  return {
    ...ground,
    provider,
    visitor: (side, { address = "203.0.113.7" } = {}) => new Visitor(http, hosts[side], address),
    addProviderUser: async (username, role) => {
      const passwordHash = await hashPassword(password);
      return pool.inTransaction((tx) => createProviderUser(tx, { providerId: provider.id, username, passwordHash, role }));
    },
    change: async (columns) => {
      for (const [column, value] of Object.entries(columns)) {
        await pool.query(`update providers set ${column} = $2 where id = $1`, [provider.id, value]);
      }
    },
  };
}
