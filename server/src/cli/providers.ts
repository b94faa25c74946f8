import {
  type Scope,
  changeProviderUserPassword,
  createAccessToken,
  findProviderUserByLogin,
  createPasswordHasher,
  standardCost,
  notifyCallersChanged,
  scopes,
} from "#access/index.ts";
import { systemClock } from "#platform/clock.ts";
import { randomPassword } from "#platform/ids.ts";
import { changeableLimits, textLimits } from "#platform/limits.ts";
import { isTokenName, setUpProvider } from "#portal/provider-account/index.ts";
import {
  type Cell,
  countOtherTenants,
  defaultCell,
  deleteProvider,
  deleteTenant,
  findTenant,
  insertTenant,
  lockCells,
  readCells,
  readTenants,
} from "#cells/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { errorMessage } from "#platform/errors.ts";
import { type Provider, readProvider } from "#portal/providers/index.ts";
import { createFindPlace, drainSeconds, lockProvider, requireCell } from "./cells.ts";
import { type Command, type CommandNeeds, WrongUsage, parseWhole, parseArguments, requireOne } from "./command.ts";
import {
  type Installation,
  auditCommand,
  providerOption,
  unknownProvider,
  withInstallation,
  withProvider,
} from "./with-database.ts";

export const createProvider: Command = {
  usage:
    "provider create --name NAME --subdomain SUBDOMAIN [--admin-username NAME] [--admin-password PASSWORD] [--cell CELL]",
  summary: "create a provider with an admin, a product and plans; generated credentials are printed once",
  async run(args, needs) {
    const text = { type: "string" } as const;
    const options = { name: text, subdomain: text, "admin-username": text, "admin-password": text, cell: text };
    const { values } = parseArguments(args, options);
    const { name, subdomain } = values;
    if (!name || !subdomain) throw new WrongUsage("Give --name and --subdomain.");
    const adminUsername = values["admin-username"] ?? "admin";
    const adminPassword = values["admin-password"] ?? randomPassword();

    const setup = { name, subdomain, adminUsername, adminPassword, now: systemClock.now() };
    // Prints before the end of the database, during which a signal may end the command.
    const create = async (installation: Installation): Promise<void> => {
      const hidingProvider = await readHidingProvider(installation);
      const created = await createIn(installation, values.cell, setup);
      if ("refused" in created) {
        const reasons = Object.entries(created.refused).flatMap(([field, messages]) =>
          messages.map((each) => `--${field} ${each}`),
        );
        throw new WrongUsage(reasons.join("\n"));
      }
      needs.print(`provider       ${created.provider.id} (${subdomain})`);
      needs.print(
        `admin          ${adminUsername} / ${values["admin-password"] ? "the password that you set" : adminPassword}`,
      );
      needs.print(`access token   ${created.accessToken}`);
      needs.print(`provider key   ${created.providerKey}`);
      if (hidingProvider === undefined) return;
      needs.printStatus(
        `Set BELLWIRE_BASE_DOMAIN: without it, every host serves the provider ${hidingProvider}, and none serves ${subdomain}.`,
      );
    };
    await withInstallation(needs, create, { mayChange: true });
    return 0;
  },
};

/** Returns the provider that every host serves without a base domain, if there is one: no host serves those that follow. */
async function readHidingProvider({ directory, config }: Installation): Promise<string | undefined> {
  return config.baseDomain === undefined ? (await findTenant(directory, undefined))?.subdomain : undefined;
}

export const listProviders: Command = {
  usage: "provider list",
  summary:
    "list the subdomains of all providers, which other commands take with --provider, their states and cells; " +
    "unknown: the cell does not respond",
  async run(args, needs) {
    parseArguments(args, {});
    await withInstallation(needs, async (installation) => {
      needs.print(row("SUBDOMAIN", "STATE", "CELL"));
      for (const cell of await readCells(installation.directory)) {
        const tenants = await readTenants(installation.directory, cell.name);
        const states = tenants.length > 0 ? await readStates(installation, cell, needs) : undefined;
        for (const { providerId, subdomain, isDeleting } of tenants) {
          const state = isDeleting ? "deleting" : (states?.get(providerId) ?? "unknown");
          needs.print(row(subdomain, state, cell.name));
        }
      }
    });
    return 0;
  },
};

const row = (subdomain: string, state: string, cell: string): string =>
  `${subdomain.padEnd(50)} ${state.padEnd(10)} ${cell}`;

const statesStatement = `select id, state from providers`;

/** Returns the states of the providers of a cell. Undefined if it does not respond: the list shows the others. */
async function readStates(
  { open }: Installation,
  cell: Cell,
  { printStatus }: CommandNeeds,
): Promise<ReadonlyMap<number, Provider["state"]> | undefined> {
  try {
    const pool = await open(cell);
    const providers = await pool.query<Pick<Provider, "id" | "state">>(statesStatement);
    return new Map(providers.map(({ id, state }) => [id, state]));
  } catch (error) {
    printStatus(`cell ${cell.name}: ${errorMessage(error)}`);
    return undefined;
  }
}

type Setup = Parameters<typeof setUpProvider>[2];

/** Creates the provider in the named cell. */
async function createIn(
  { directory, open }: Installation,
  cellName: string | undefined,
  setup: Setup,
): Promise<Awaited<ReturnType<typeof setUpProvider>>> {
  const cell = await requireCell(directory, cellName ?? "default");
  if (cell.state !== "active") {
    throw new WrongUsage(`The cell ${cell.name} gets no new providers. Choose another one with --cell.`);
  }
  const pool = await open(cell);
  const create = (reservedId?: number) =>
    pool.inTransaction(async (tx) => {
      const outcome = await setUpProvider(tx, createPasswordHasher(standardCost), {
        ...setup,
        cell: cell.number,
        reservedId,
      });
      if ("refused" in outcome) return outcome;
      const { id, name, subdomain } = outcome.provider;
      const detail = { name, subdomain, cell: cell.name };
      await auditCommand(tx, { providerId: id, action: "provider.created", subject: `provider/${id}`, detail });
      return outcome;
    });
  if (cell.databaseUrl === null) return create();

  // The directory is in another database: its entry comes first, so that no two cells have a provider of one subdomain.
  const reservedId = await reserveTenant({ directory, pool }, setup.subdomain, cell.number);
  if (reservedId === undefined) return { refused: { subdomain: ["has already been taken"] } };
  const outcome = await create(reservedId);
  if ("refused" in outcome) await directory.inTransaction((tx) => deleteTenant(tx, reservedId));
  return outcome;
}

/** Reserves a subdomain. Takes up one that was reserved for this cell by a command that was interrupted. */
async function reserveTenant(
  { directory, pool }: { readonly directory: Pool; readonly pool: Pool },
  subdomain: string,
  cell: number,
): Promise<number | undefined> {
  const found = await findTenant(directory, subdomain);
  if (!found) return directory.inTransaction((tx) => insertTenant(tx, { subdomain, cell }));
  const isUnused = found.cell === cell && !found.isDeleting && !(await readProvider(pool, found.providerId));
  return isUnused ? found.providerId : undefined;
}

const limitStatement = `
  update providers
  set limits = case when $3::bigint is null then limits - $2 else limits || jsonb_build_object($2, $3::bigint) end
  where id = $1`;

export const setLimit: Command = {
  usage: "provider limit NAME NUMBER|default [--provider SUBDOMAIN]",
  summary: "change a limit of docs/reference/limits.md for one provider",
  async run(args, needs) {
    const { values, positionals } = parseArguments(args, providerOption, "positionals");
    const [name = "", number = "", ...more] = positionals;
    const limit = changeableLimits.find((known) => known.name === name);
    const names = changeableLimits.map((known) => known.name).join(", ");
    if (!limit || more.length > 0) throw new WrongUsage(`Name a limit, one of: ${names}.`);
    const max = number === "default" ? null : parseWhole(number);
    if (max !== null && !(max <= 1_000_000_000))
      throw new WrongUsage("Give a whole number up to 1,000,000,000, or default.");

    await withProvider(needs, values.provider, ({ pool, provider: { id: providerId } }) =>
      pool.inTransaction(async (tx) => {
        await tx.query(limitStatement, [providerId, name, max]);
        notifyCallersChanged(tx, providerId);
        const [action, detail] = ["provider.limit_changed", { limit: name, max }];
        await auditCommand(tx, { providerId, action, subject: `provider/${providerId}`, detail });
      }),
    );
    needs.print(`${name} is ${max ?? `${limit.max}, the default`}.`);
    return 0;
  },
};

const stateStatement = `update providers set state = $2 where id = $1 and state <> $2 returning id`;

export const suspendProvider: Command = {
  usage: "provider suspend SUBDOMAIN [--undo]",
  summary:
    "close the portals and APIs of a provider (403), until --undo; nothing is deleted, and recorded events are still delivered",
  async run(args, needs) {
    const options = { undo: { type: "boolean" } } as const;
    const { values, positionals } = parseArguments(args, options, "positionals");
    const subdomain = requireOne(positionals, "Name one provider by its subdomain.");
    const state = values.undo ? "approved" : "suspended";
    await withProvider(needs, subdomain, ({ pool, provider: { id: providerId } }) =>
      pool.inTransaction(async (tx) => {
        const [changed] = await tx.query(stateStatement, [providerId, state]);
        if (!changed) return;
        notifyCallersChanged(tx, providerId);
        const action = values.undo ? "provider.resumed" : "provider.suspended";
        await auditCommand(tx, { providerId, action, subject: `provider/${providerId}`, detail: {} });
      }),
    );
    needs.print(`${subdomain} is ${state}`);
    return 0;
  },
};

const allowPasswordsStatement = `
  update providers set enforce_sso = false where id = $1 and enforce_sso returning id`;

export const allowPasswords: Command = {
  usage: "provider passwords SUBDOMAIN",
  summary: "let a provider's team sign in with passwords again, if its identity provider locks it out",
  async run(args, needs) {
    const { positionals } = parseArguments(args, {}, "positionals");
    const subdomain = requireOne(positionals, "Name one provider by its subdomain.");
    await withProvider(needs, subdomain, ({ pool, provider: { id: providerId } }) =>
      pool.inTransaction(async (tx) => {
        const [changed] = await tx.query(allowPasswordsStatement, [providerId]);
        if (!changed) return;
        const detail = { changed: ["enforceSso"] };
        await auditCommand(tx, { providerId, action: "provider.changed", subject: `provider/${providerId}`, detail });
      }),
    );
    needs.print(`the team of ${subdomain} signs in with passwords`);
    return 0;
  },
};

export const deleteProviderCommand: Command = {
  usage: "provider delete SUBDOMAIN [--yes SUBDOMAIN]",
  summary:
    "delete a suspended provider and everything of it, for ever; without --yes, only show how much that is; " +
    "repeat the command if it was interrupted",
  async run(args, needs) {
    const options = { yes: { type: "string" } } as const;
    const { values, positionals } = parseArguments(args, options, "positionals");
    const subdomain = requireOne(positionals, "Name one provider by its subdomain.");
    if (values.yes !== undefined && values.yes !== subdomain)
      throw new WrongUsage(`--yes must repeat the subdomain ${subdomain}.`);
    const isConfirmed = values.yes !== undefined;
    return withInstallation(needs, (installation) => deleteOrPlan({ installation, needs, subdomain, isConfirmed }));
  },
};

interface DeletionRequest {
  readonly installation: Installation;
  readonly needs: CommandNeeds;
  readonly subdomain: string;
  readonly isConfirmed: boolean;
}

/** Returns the exit code. */
async function deleteOrPlan({ installation, needs, subdomain, isConfirmed }: DeletionRequest): Promise<number> {
  const { directory, database, config } = installation;
  const found = await requireSuspended(installation, subdomain);
  const { providerId } = found;
  if (!isConfirmed) {
    needs.print(`${subdomain}: ${await describeSize(found.pool, providerId)}`);
    needs.print(`To delete all of it: bellwire provider delete ${subdomain} --yes ${subdomain}`);
    return 0;
  }
  await using locks = await lockProvider(database.ownerUrl, subdomain, providerId);
  // The default cell, too, so there is one deletion at a time: of the last two providers, one stays.
  const waits = (): void => needs.printStatus(`${subdomain} waits: another command uses its cell`);
  await lockCells(locks.client, [defaultCell, found.place.number], waits);
  const { place } = await requireSuspended(installation, subdomain); // it may have changed meanwhile
  const others = await countOtherTenants(directory, providerId);
  if (others === 0) throw new WrongUsage(lastProvider(subdomain));
  const { rows, undrained } = await deleteProvider({
    directory,
    place,
    providerId,
    drainMs: drainSeconds * 1000,
    printStatus: needs.printStatus,
  });
  needs.print(`${subdomain} (${providerId}) is deleted: ${rows} rows`);
  if (undrained > 0)
    needs.printStatus(`${undrained} endpoints had attempts in flight after ${drainSeconds} s, which are not recorded`);
  if (config.baseDomain === undefined) {
    const first = await findTenant(directory, undefined);
    needs.printStatus(`Without BELLWIRE_BASE_DOMAIN, every host serves the provider ${first?.subdomain} now.`);
  }
  return 0;
}

/** Finds a provider that may be deleted, or is being deleted. */
async function requireSuspended(installation: Installation, subdomain: string) {
  const tenant = await findTenant(installation.directory, subdomain);
  if (!tenant) throw unknownProvider(subdomain);
  const { providerId, isDeleting } = tenant;
  const place = await (await createFindPlace(installation))(tenant.cell);
  const pool = await installation.open(place.cell);
  const provider = isDeleting ? undefined : await readProvider(pool, providerId);
  if (provider?.state === "approved")
    throw new WrongUsage(`${subdomain} is not suspended: bellwire provider suspend ${subdomain}`);
  return { providerId, place, pool };
}

const lastProvider = (subdomain: string): string =>
  `${subdomain} is the only provider: the next start would create a new one. Create another one first, or stop Bellwire and drop its database.`;

// By the indexes that lists use.
const sizeStatement = `
  select (select count(*) from accounts where provider_id = $1) as accounts,
    (select count(*) from applications where provider_id = $1) as applications,
    (select count(*) from endpoints where provider_id = $1 and deleted_at is null) as endpoints,
    (select count(*) from events where provider_id = $1) as events,
    (select count(*) from due where provider_id = $1) as "pending deliveries",
    (select count(*) from bins where provider_id = $1) as bins`;

async function describeSize(pool: Pool, providerId: number): Promise<string> {
  const [size] = await pool.query<Readonly<Record<string, number>>>(sizeStatement, [providerId]);
  return Object.entries(size ?? {})
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

export const createToken: Command = {
  usage: "token create --username NAME [--name TEXT] [--scope SCOPE]… [--permission ro|rw] [--provider SUBDOMAIN]",
  summary: `create an access token and print it once; scopes: ${scopes.join(", ")} (default: all)`,
  async run(args, needs) {
    const text = { type: "string" } as const;
    const { values } = parseArguments(args, {
      ...providerOption,
      username: text,
      name: text,
      permission: text,
      scope: { type: "string", multiple: true },
    });
    const { username, name = "Made on the command line", permission = "rw" } = values;
    if (!username) throw new WrongUsage("A token acts as a user: give --username.");
    if (!isTokenName(name)) throw new WrongUsage("--name must have 1 to 255 characters, and no control characters.");
    if (permission !== "ro" && permission !== "rw") throw new WrongUsage("--permission is ro or rw.");
    const chosen = readScopes(values.scope);

    await withProvider(needs, values.provider, async ({ pool, provider }) => {
      const user = await findProviderUserByLogin(pool, provider.id, username);
      if (!user) throw new WrongUsage(`${provider.name} has no user ${username}.`);
      const token = { providerId: provider.id, userId: user.id, name, scopes: chosen, permission } as const;
      const { value } = await pool.inTransaction(async (tx) => {
        const created = await createAccessToken(tx, token);
        const detail = { userId: user.id, scopes: chosen, permission };
        await auditCommand(tx, {
          providerId: provider.id,
          action: "token.created",
          subject: `token/${created.id}`,
          detail,
        });
        return created;
      });
      needs.print(value); // before the end of the database, during which a signal may end the command
    });
    return 0;
  },
};

function readScopes(named: readonly string[] = scopes): readonly Scope[] {
  const unknown = named.find((name) => !scopes.some((scope) => scope === name));
  if (unknown !== undefined) throw new WrongUsage(`There is no scope ${unknown}: use ${scopes.join(", ")}.`);
  return scopes.filter((scope) => named.includes(scope));
}

export const changeUserPassword: Command = {
  usage: "user password USERNAME [--password PASSWORD] [--provider SUBDOMAIN]",
  summary: "set a new password for a user of the Admin Portal (printed if generated) and end the user's sessions",
  async run(args, needs) {
    const { values, positionals } = parseArguments(
      args,
      { ...providerOption, password: { type: "string" } },
      "positionals",
    );
    const username = requireOne(positionals, "Give one username or email address.");
    const password = values.password ?? randomPassword();
    await withProvider(needs, values.provider, async ({ pool, provider }) => {
      const lengthMin = provider.passwordLengthMin;
      if (values.password && password.length < lengthMin) {
        throw new WrongUsage(`The password is too short: ${provider.name} requires ${lengthMin} characters or more.`);
      }
      const { max } = textLimits.password;
      if (password.length > max) throw new WrongUsage(`The password is too long (maximum is ${max} characters).`);
      const user = await findProviderUserByLogin(pool, provider.id, username);
      if (!user) throw new WrongUsage(`${provider.name} has no user ${username}.`);
      const { id: providerId } = provider;
      const passwordHash = await createPasswordHasher(standardCost).hash(password, { providerId });
      await pool.inTransaction(async (tx) => {
        await changeProviderUserPassword(tx, { providerId, userId: user.id, passwordHash });
        const [subject, detail] = [`provider-user/${user.id}`, { changed: ["password"] }];
        await auditCommand(tx, { providerId, action: "user.changed", subject, detail });
      });
      needs.print(values.password ? `The password of ${username} is changed.` : password); // as in `token create`
    });
    return 0;
  },
};
