import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../server/src/platform/clock.ts";
import type { Pool } from "../server/src/platform/database/database.ts";
import type { Encryption } from "../server/src/platform/encryption.ts";
import { NameResolver } from "../server/src/platform/network/name-resolver.ts";
import { type AllowedTargets, type Lookup, parseAllowedTargets } from "../server/src/platform/network/target-guard.ts";
import { setUpProvider } from "../server/src/portal/provider-account/index.ts";
import { type EndpointNeeds, saveDefaultEndpoint, switchesOf } from "../server/src/webhooks/endpoints/index.ts";
import type { BenchDatabase } from "./database.ts";
import { createPasswordHasher, standardCost } from "../server/src/access/index.ts";

/** Allows receivers on this machine. */
export const allowedTargets = "127.0.0.0/8";

export function allowedHere(): AllowedTargets {
  const allowed = parseAllowedTargets(allowedTargets);
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  return allowed;
}

/** Resolves names like the product, optionally with these name servers. */
export const lookupHere = (servers: readonly string[] = []): Lookup =>
  new NameResolver({ clock: systemClock, ...(servers.length > 0 ? { servers } : {}) }).lookup;

const endpointNeeds = (pool: Pool, encryption: Encryption): EndpointNeeds => ({
  pool,
  encryption,
  targets: { allowed: allowedHere(), lookup: lookupHere(), isOwnBin: () => false },
  retryWaitsSeconds: [60],
});

export const adminLogin = { username: "admin", password: "a long password" } as const;

/** Creates a provider that sends every event to `hookUrl`. Returns its access token. */
export async function setUpPortal(
  pool: Pool,
  encryption: Encryption,
  hookUrl: string,
  subdomain = "bench",
): Promise<string> {
  const { username: adminUsername, password: adminPassword } = adminLogin;
  const names = { name: "Bench", subdomain, adminUsername, adminPassword };
  const created = await pool.inTransaction((tx) =>
    setUpProvider(tx, createPasswordHasher(standardCost), { ...names, now: systemClock.now() }),
  );
  if ("refused" in created) throw new Error(JSON.stringify(created.refused));
  const switches = Object.fromEntries(switchesOf({ eventTypes: [] }).map(({ name }) => [name, true]));
  const change = { url: hookUrl, active: true, providerActions: true, switches };
  const endpoint = { providerId: created.provider.id, change, actor: { kind: "system" } } as const;
  const saved = await saveDefaultEndpoint(endpointNeeds(pool, encryption), endpoint);
  if ("refused" in saved) throw new Error(JSON.stringify(saved.refused));
  return created.accessToken;
}

/** Creates accounts through the API. Returns their ids. */
export async function signUpAccounts(origin: string, token: string, count: number): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const response = await fetch(`${origin}/admin/api/signup.json?access_token=${token}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ org_name: `Harbour ${number}`, username: `user${number}` }),
    });
    ids.push(Number(/"id":(\d+)/.exec(await response.text())?.[1]));
  }
  return ids;
}

export interface BenchPortal extends AsyncDisposable {
  readonly pids: readonly number[];
  readonly origin: string;
  /** Times of the web role's commits since the last call, in milliseconds of the machine's clock. */
  committedMs(): Promise<readonly number[]>;
}

/** Argument of portal-process.ts. */
export interface PortalProcess {
  readonly databaseUrl: string;
  readonly logFile: string;
  /** Defaults to the system's name servers. */
  readonly nameServers: readonly string[];
  readonly roles: readonly ("web" | "engine")[];
  /** Undefined: there is one provider, at any host. */
  readonly baseDomain: string | undefined;
}

/**
 * Runs both roles in one process, or the engine in its own like `bellwire serve` with two cores or more. The web role reports
 * the times of its commits.
 */
export async function startPortal(
  database: BenchDatabase,
  {
    nameServers = [],
    engine = "shared",
    baseDomain,
  }: { nameServers?: readonly string[]; engine?: "own" | "shared"; baseDomain?: string } = {},
): Promise<BenchPortal> {
  await using started = new AsyncDisposableStack();
  const start = async (roles: PortalProcess["roles"]): Promise<{ child: ChildProcess; origin: string }> => {
    const logFile = join(database.folder, `${roles.join("-")}.log`);
    const settings: PortalProcess = { databaseUrl: database.appUrl, logFile, nameServers, roles, baseDomain };
    const child = fork(fileURLToPath(new URL("portal-process.ts", import.meta.url)), [JSON.stringify(settings)]);
    const { origin } = await nextMessage<{ origin: string }>(child);
    started.defer(async () => {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    });
    return { child, origin };
  };
  const others = engine === "own" ? [await start(["engine"])] : [];
  const web = await start(engine === "own" ? ["web"] : ["web", "engine"]);
  const running = started.move();
  return {
    origin: web.origin,
    pids: [...others, web].map(({ child }) => child.pid ?? 0),
    committedMs() {
      const times = nextMessage<readonly number[]>(web.child);
      web.child.send("committed");
      return times;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

// portal-process.ts defines the messages.
const nextMessage = <Message>(child: ChildProcess): Promise<Message> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`The portal ended with ${code}.`));
    child.once("exit", ended).once("message", (message: Message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
