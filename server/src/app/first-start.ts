import { access, constants, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { findTenant } from "#cells/index.ts";
import { newTokenValue, type PasswordHasher } from "#access/index.ts";
import type { Config } from "#platform/config/read-config.ts";
import type { Pool } from "#platform/database/database.ts";
import { CannotStart, errorCode, errorMessage } from "#platform/errors.ts";
import { makeFolder, readFileIfExists, readOrCreateFile, withFileLock } from "#platform/files.ts";
import { randomHex, randomPassword } from "#platform/ids.ts";
import { setUpFirstProvider } from "#portal/provider-account/index.ts";
import { type Provider, findProviderByKey, readFirstProvider } from "#portal/providers/index.ts";
import { type Bin, createBin, createOwnBins, readBin } from "#request-bin/index.ts";
import { type EndpointNeeds, readDefaultEndpoint, saveDefaultEndpoint } from "#webhooks/endpoints/index.ts";
import { eventCatalogue } from "#webhooks/events/index.ts";
import type { ProviderUrls } from "./listening.ts";

/** The credentials of the first admin; generated unless configured. */
interface FirstCredentials {
  readonly username: string;
  readonly password: string;
  readonly accessToken: string;
  readonly providerKey: string;
}

export interface FirstSetUp {
  readonly config: Pick<
    Config,
    "dataDir" | "providerName" | "adminUsername" | "adminPassword" | "accessToken" | "providerKey"
  >;
  readonly pool: Pool;
  readonly passwords: PasswordHasher;
  readonly now: Date;
  /** Completes the setup and returns the sign-in lines, which are printed after the commit. */
  readonly complete: (provider: Provider, credentials: FirstCredentials) => Promise<string>;
}

/** The lines to print on the first start. */
export interface FirstSignIn {
  readonly lines: string;
  /** Returns whether this start may print them: of several, also concurrent ones, the first one that is ready. */
  readonly claim: () => Promise<boolean>;
}

/**
 * Creates the first provider on an empty database. Returns its sign-in until a start has printed it. Random credentials are stored
 * before the provider is created, and deleted when the sign-in is printed, so that the next start continues one that was killed, or
 * was interrupted while it built the Admin Portal.
 */
export async function setUpFirst(setUp: FirstSetUp): Promise<FirstSignIn | undefined> {
  const { dataDir } = setUp.config;
  const [database] = await setUp.pool.query<{ identity: string }>(identityStatement);
  const startedFile = join(dataDir, `first-set-up-${database?.identity}`);
  if ((await hasProvider(setUp)) && !(await isStarted(startedFile))) return undefined;
  const refusal = await creationError(dataDir);
  if (refusal !== undefined) return setUpWithoutFiles(setUp, refusal);
  const alone = <T>(work: () => Promise<T>): Promise<T> =>
    withFileLock(join(dataDir, "first-set-up.lock"), () => undefined, work);
  return alone(async () => {
    if ((await hasProvider(setUp)) && !(await isStarted(startedFile))) return undefined;
    const lines = await setUpOnce(setUp, await storeCredentials(startedFile, setUp.config));
    if (lines !== undefined) await storeSignIn(dataDir, lines, setUp.now);
    else await rm(startedFile, { force: true });
    // Another start that found the file would otherwise create it again, and a third one would claim that.
    return lines === undefined ? undefined : { lines, claim: () => alone(() => removeOnce(startedFile)) };
  });
}

/**
 * Returns whether a start has stored its credentials and not printed them. In a folder that this process may not enter, such as one that
 * root created, it was not a start of this user.
 */
async function isStarted(path: string): Promise<boolean> {
  try {
    return (await readFileIfExists(path)) !== undefined;
  } catch (error) {
    const cause = error instanceof CannotStart ? error.cause : error;
    if (["EACCES", "ENOTDIR"].includes(errorCode(cause) ?? "")) return false;
    throw error;
  }
}

/** Starts of several databases may share the data directory, and must not share credentials. */
const identityStatement = `
  select concat_ws('-', system_identifier, pg_database.oid) as identity
  from pg_control_system(), pg_database where datname = current_database()`;

/** Deletes a file. Returns false if another process has deleted it. */
async function removeOnce(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Stores the sign-in. One of another database is kept under another name, such as that of the embedded one when the same folder
 * is started with `DATABASE_URL`: it may be the only copy of those credentials.
 */
async function storeSignIn(dataDir: string, lines: string, now: Date): Promise<void> {
  const path = join(dataDir, "first-sign-in");
  const earlier = await readFileIfExists(path);
  if (earlier !== undefined && earlier !== lines) {
    await rename(path, `${path}-until-${now.toISOString().replaceAll(":", "-")}`);
  }
  await writeFile(path, lines, { mode: 0o600, flush: true });
}

/** Returns whether any cell has a provider. */
const hasProvider = async ({ pool }: Pick<FirstSetUp, "pool">): Promise<boolean> =>
  (await findTenant(pool, undefined)) !== undefined;

/** Creates the data directory. Returns the reason if that is not possible, as on the read-only file system of a container. */
async function creationError(dataDir: string): Promise<string | undefined> {
  try {
    await makeFolder(resolve(dataDir), 0o700);
    await access(dataDir, constants.W_OK);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

/** Creates the first provider with configured credentials only, because random ones cannot be stored. */
async function setUpWithoutFiles(setUp: FirstSetUp, refusal: string): Promise<FirstSignIn | undefined> {
  const { adminUsername, adminPassword, accessToken, providerKey } = setUp.config;
  if (!adminPassword || !accessToken || !providerKey) {
    throw new CannotStart(
      `The first start stores random credentials in BELLWIRE_DATA_DIR, which is not writable (${refusal}). ` +
        "Set BELLWIRE_ADMIN_PASSWORD, BELLWIRE_ACCESS_TOKEN and BELLWIRE_PROVIDER_KEY, or use a writable folder.",
    );
  }
  if (await hasProvider(setUp)) return undefined;
  const lines = await setUpOnce(setUp, {
    username: adminUsername,
    password: adminPassword.reveal(),
    accessToken: accessToken.reveal(),
    providerKey: providerKey.reveal(),
  });
  return lines === undefined ? undefined : { lines, claim: () => Promise.resolve(true) };
}

/** The settings of values that may be refused. The subdomain is made of the name. */
const settingOf: Readonly<Record<string, string>> = {
  name: "BELLWIRE_PROVIDER_NAME",
  "admin-username": "BELLWIRE_ADMIN_USERNAME",
  "admin-password": "BELLWIRE_ADMIN_PASSWORD",
};

/** Returns undefined if another process created the provider, with credentials of its own. */
async function setUpOnce(
  { config, pool, passwords, now, complete }: FirstSetUp,
  credentials: FirstCredentials,
): Promise<string | undefined> {
  const created = await setUpFirstProvider(pool, passwords, {
    name: config.providerName,
    subdomain: subdomainOf(config.providerName),
    adminUsername: credentials.username,
    adminPassword: credentials.password,
    accessToken: credentials.accessToken,
    providerKey: credentials.providerKey,
    now,
  });
  if (created && "refused" in created) {
    const reasons = Object.entries(created.refused).flatMap(([field, messages]) =>
      messages.map((each) => `${settingOf[field] ?? field} ${each}`),
    );
    throw new CannotStart(`The first provider cannot be made: ${reasons.join("; ")}`);
  }
  const provider = created?.provider ?? (await readFirstProvider(pool));
  if (!provider || !(await findProviderByKey(pool, provider.id, credentials.providerKey))) return undefined;
  return complete(provider, credentials);
}

/**
 * Stores random credentials until they are printed. Configured ones are read again by each start, which may follow one that refused
 * them.
 */
async function storeCredentials(path: string, config: FirstSetUp["config"]): Promise<FirstCredentials> {
  const random = { password: randomPassword(), accessToken: newTokenValue(), providerKey: randomHex(16) };
  const stored: typeof random = JSON.parse(await readOrCreateFile(path, () => JSON.stringify(random)));
  return {
    username: config.adminUsername,
    password: config.adminPassword?.reveal() ?? stored.password,
    accessToken: config.accessToken?.reveal() ?? stored.accessToken,
    providerKey: config.providerKey?.reveal() ?? stored.providerKey,
  };
}

/** Returns `acme-inc` for `Acme, Inc.`. */
function subdomainOf(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replace(/^-|-$/g, "")
    .replace(/-admin$/, "");
  return label || "provider";
}

/** The provider whose default endpoint sends to the bin of the try-out. */
export interface TryOut {
  readonly providerId: number;
}

type Addressed = { readonly subdomain: string };

/** Returns the address of a bin, on a host of its provider, because other hosts are refused. */
const binUrl = (urls: ProviderUrls, provider: Addressed, { id }: Pick<Bin, "id">): string =>
  `${urls.adminPortal(provider)}/bins/${id}`;

/**
 * Returns the view link of a bin. Anybody with the link may view the bin, so only the operator and signed-in admins receive it.
 */
const binViewUrl = (urls: ProviderUrls, provider: Addressed, bin: Pick<Bin, "id" | "viewKey">): string =>
  `${binUrl(urls, provider, bin)}/view?key=${bin.viewKey}`;

/** Returns the links of the try-out. Visitors see them, so none of them opens a bin. */
export const tryOutLinks = (urls: ProviderUrls, provider: Addressed) => ({
  binsUrl: `${urls.adminPortal(provider)}/p/admin/bins`,
  adminUrl: `${urls.adminPortal(provider)}/p/admin`,
});

/**
 * Creates a bin and a default endpoint that sends all events of the Developer Portal to it, so that a new user sees a webhook
 * within a minute.
 */
export async function createTryOut(
  needs: EndpointNeeds,
  provider: Pick<Provider, "id" | "subdomain">,
  urls: ProviderUrls,
): Promise<Bin> {
  const { id: providerId } = provider;
  const bin = await needs.pool.inTransaction((tx) => createBin(tx, { providerId }));
  const switches = Object.fromEntries(eventCatalogue.map(({ switchName }) => [switchName, true]));
  const change = { url: binUrl(urls, provider, bin), active: true, providerActions: false, switches };
  const saved = await saveDefaultEndpoint(needs, { providerId, change, actor: { kind: "system" } });
  if ("refused" in saved) throw new Error(`The try-out's endpoint was refused: ${JSON.stringify(saved.refused)}`);
  return bin;
}

/**
 * Finds the bin of the try-out, as long as nobody has set another URL. After a start with another port or public URL, the endpoint
 * follows: its URL would lead nowhere.
 */
export async function findTryOutBin(
  needs: EndpointNeeds,
  provider: Pick<Provider, "id" | "subdomain">,
  urls: ProviderUrls,
): Promise<Bin | undefined> {
  const { pool, encryption } = needs;
  const { id: providerId } = provider;
  const endpoint = await readDefaultEndpoint(pool, encryption, providerId);
  const url = endpoint && URL.parse(endpoint.url);
  const id = url ? createOwnBins({ pool, isOurs: () => true }).matches(url) : undefined;
  const bin = id === undefined ? undefined : await readBin(pool, { providerId, id });
  if (bin && url && !urls.isOurs(url)) {
    const change = { url: binUrl(urls, provider, bin), switches: {} };
    const saved = await saveDefaultEndpoint(needs, { providerId, change, actor: { kind: "system" } });
    if ("refused" in saved) throw new Error(`The try-out's new URL was refused: ${JSON.stringify(saved.refused)}`);
  }
  return bin;
}

interface SignIn {
  readonly config: Pick<Config, "adminPassword" | "accessToken" | "providerKey">;
  readonly provider: Provider;
  readonly credentials: FirstCredentials;
  readonly urls: ProviderUrls;
  readonly bin: Pick<Bin, "id" | "viewKey"> | undefined;
}

/** Renders the first steps in order. Configured secrets are not printed. */
export function signInLines({ config, provider, credentials, urls, bin }: SignIn): string {
  const { username, password, accessToken, providerKey } = credentials;
  const steps = [
    ...(bin === undefined ? [] : [["Watch", binViewUrl(urls, provider, bin)]]),
    ["Sign up", `${urls.developerPortal(provider)}/signup`],
    [
      "Admin",
      `${urls.adminPortal(provider)}/p/admin  (${username} / ${config.adminPassword ? "the password that you set" : password})`,
    ],
  ];
  const secrets = [
    ...(config.accessToken ? [] : [["access token", accessToken]]),
    ...(config.providerKey ? [] : [["provider key", providerKey]]),
  ];
  const lines = [
    ...steps.map(([name = "", value], index) => `  ${index + 1} ${name.padEnd(8)} ${value}`),
    ...secrets.map(([name = "", value]) => `    ${name.padEnd(13)} ${value}`),
  ];
  return `${lines.join("\n")}\n`;
}
