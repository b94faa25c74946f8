import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newTokenValue } from "#access/index.ts";
import type { Secret } from "#platform/config/parsers.ts";
import type { Config } from "#platform/config/read-config.ts";
import type { Pool } from "#platform/database/database.ts";
import { CannotStart } from "#platform/errors.ts";
import { readFileIfExists, readOrCreateFile, withFileLock } from "#platform/files.ts";
import { randomHex, randomPassword } from "#platform/ids.ts";
import { setUpFirstProvider } from "#portal/provider-account/index.ts";
import { type Provider, findProviderByKey, readFirstProvider } from "#portal/providers/index.ts";

/** What the first admin needs to get in. Random where it is not set. */
export interface FirstCredentials {
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
  readonly now: Date;
  /** What else a new provider gets, and how to sign in: it is told once this is through. */
  readonly complete: (provider: Provider, credentials: FirstCredentials) => Promise<string>;
}

/**
 * Makes the first provider on an empty database and gives the lines that say how to sign in, on the first start only.
 * What is random is written down before the provider is made, and how to sign in before that is forgotten: a start that
 * is killed in between is taken up by the next.
 */
export async function setUpFirst(setUp: FirstSetUp): Promise<string | undefined> {
  const { dataDir } = setUp.config;
  const begun = join(dataDir, "first-set-up");
  if ((await readFirstProvider(setUp.pool)) && (await readFileIfExists(begun)) === undefined) return undefined;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return withFileLock(
    join(dataDir, "first-set-up.lock"),
    () => undefined,
    async () => {
      if ((await readFirstProvider(setUp.pool)) && (await readFileIfExists(begun)) === undefined) return undefined;
      const lines = await setUpOnce(setUp, await keepCredentials(begun, setUp.config));
      if (lines !== undefined) await writeFile(join(dataDir, "first-sign-in"), lines, { mode: 0o600, flush: true });
      await rm(begun, { force: true });
      return lines;
    },
  );
}

/** Undefined if another process was faster, whose credentials are not ours. */
async function setUpOnce(
  { config, pool, now, complete }: FirstSetUp,
  credentials: FirstCredentials,
): Promise<string | undefined> {
  const made = await setUpFirstProvider(pool, {
    name: config.providerName,
    subdomain: subdomainOf(config.providerName),
    adminUsername: credentials.username,
    adminPassword: credentials.password,
    accessToken: credentials.accessToken,
    providerKey: credentials.providerKey,
    now,
  });
  if (made && "refused" in made) {
    const reasons = Object.entries(made.refused).flatMap(([field, says]) => says.map((each) => `${field} ${each}`));
    throw new CannotStart(`The first provider cannot be made (BELLWIRE_PROVIDER_NAME): ${reasons.join("; ")}`);
  }
  const provider = made?.provider ?? (await readFirstProvider(pool));
  if (!provider || !(await findProviderByKey(pool, provider.id, credentials.providerKey))) return undefined;
  return complete(provider, credentials);
}

async function keepCredentials(path: string, config: FirstSetUp["config"]): Promise<FirstCredentials> {
  const given = (secret: Secret | undefined, make: () => string): string => secret?.reveal() ?? make();
  const fresh: FirstCredentials = {
    username: config.adminUsername,
    password: given(config.adminPassword, randomPassword),
    accessToken: given(config.accessToken, newTokenValue),
    providerKey: given(config.providerKey, () => randomHex(16)),
  };
  const kept: FirstCredentials = JSON.parse((await readOrCreateFile(path, () => JSON.stringify(fresh))).content);
  return kept;
}

/** `Acme, Inc.` lives at `acme-inc`. */
function subdomainOf(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replace(/^-|-$/g, "")
    .replace(/-admin$/, "");
  return label || "provider";
}
