import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { migrate } from "#platform/database/migrate.ts";
import { runCommandLine } from "../../src/cli/command.ts";
import { type Clone, cloneTemplate } from "../support/clone-template.ts";
import { type RunningServer, runRoles } from "../support/run-bellwire.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { templateOfStarts } from "../support/test-databases.ts";

export const baseDomain = "bellwire.test";

export interface CellProvider {
  readonly id: number;
  readonly subdomain: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An installation, and another database for a second cell. */
export class Installation implements AsyncDisposable {
  readonly directoryUrl: string;
  readonly otherUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string;

  private constructor(
    { directoryUrl, otherUrl, folder }: { directoryUrl: string; otherUrl: string; folder: string },
    more: Readonly<Record<string, string>> = {},
  ) {
    this.directoryUrl = directoryUrl;
    this.otherUrl = otherUrl;
    this.#folder = folder;
    this.environment = {
      DATABASE_URL: directoryUrl,
      BELLWIRE_SECRET_KEY: Buffer.alloc(32, 3).toString("base64"),
      BELLWIRE_BASE_DOMAIN: baseDomain,
      BELLWIRE_ALLOWED_TARGETS: "127.0.0.0/8",
      BELLWIRE_ACCESS_TOKEN: "t".repeat(40),
      BELLWIRE_PROVIDER_KEY: "k".repeat(32),
      BELLWIRE_ADMIN_PASSWORD: "correct horse battery",
      BELLWIRE_LOG_LEVEL: "warn",
      BELLWIRE_DATA_DIR: join(folder, "unused"),
      ...more,
    };
  }

  /** The same installation with other settings. */
  with(more: Readonly<Record<string, string>>): Installation {
    const { directoryUrl, otherUrl } = this;
    return new Installation({ directoryUrl, otherUrl, folder: this.#folder }, { ...this.environment, ...more });
  }

  static async open(directoryUrl: string, otherUrl: string): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), "bellwire-cells-"));
    const installation = new Installation({ directoryUrl, otherUrl, folder });
    await writeFile(installation.otherUrlFile, `${otherUrl}\n`, { mode: 0o600 });
    return installation;
  }

  get otherUrlFile(): string {
    return join(this.#folder, "other-url");
  }

  /** Runs a command. Returns its exit code and output. */
  run(...args: readonly string[]): Promise<readonly [code: number, output: string]> {
    return this.follow(args, () => undefined);
  }

  /** Runs a command, and passes on each line of its output. */
  async follow(
    args: readonly string[],
    onLine: (line: string) => void,
  ): Promise<readonly [code: number, output: string]> {
    const output: string[] = [];
    const print = (line: string): void => {
      output.push(line);
      onLine(line);
    };
    const code = await runCommandLine(args, {
      env: this.environment,
      roles: [],
      serve: async () => 1,
      print,
      printStatus: print,
    });
    return [code, output.join("\n")];
  }

  /** Runs a command that must succeed, and returns its output. */
  async done(...args: readonly string[]): Promise<string> {
    const [code, output] = await this.run(...args);
    if (code !== 0) throw new Error(`bellwire ${args.join(" ")}: ${output}`);
    return output;
  }

  async createProvider(subdomain: string, cell: string): Promise<CellProvider> {
    const output = await this.done("provider", "create", "--name", subdomain, "--subdomain", subdomain, "--cell", cell);
    const id = Number(/^provider +(\d+)/m.exec(output)?.[1]);
    return { id, subdomain, token: /^access token +(\S+)$/m.exec(output)?.[1] ?? "" };
  }

  /** Runs roles in this process, with separate connections to all databases. */
  runRoles(roles: Parameters<typeof runRoles>[0], more: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
    return runRoles(roles, { ...this.environment, ...more });
  }

  /** Starts a process. */
  async serve(more: Readonly<Record<string, string>> = {}, ...args: readonly string[]): Promise<BellwireProcess> {
    const environment = { ...this.environment, ...more };
    const bellwire = new BellwireProcess(["serve", ...args], environment, { isKilledAtEnd: true });
    await bellwire.ready();
    return bellwire;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Returns a template with all days and the schemas of further cells: `cell add` would take a second to create each. */
export async function createCellTemplate(cells: readonly string[]): Promise<Clone> {
  const template = await cloneTemplate(templateOfStarts);
  const { connectionString } = template;
  for (const cell of cells) await migrate({ connectionString, schema: `bellwire_${cell}`, cell: null });
  return template;
}

/** Connects as the owner of a database. */
export async function openClient(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client(url);
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** Runs one statement as the owner of a database. */
export async function queryOnce<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** Sends a request to a provider's admin side, by its Host header, so that this machine needs no matching name. */
export const askProvider = (
  url: string,
  { subdomain, token }: Pick<CellProvider, "subdomain" | "token">,
  method: string,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = {
      host: `${subdomain}-admin.${baseDomain}`,
      authorization: `Bearer ${token}`,
      ...(body && { "content-type": "application/json" }),
    };
    const sent = request(`${url}${path}`, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.setTimeout(60_000, () => sent.destroy(new Error(`no answer to ${method} ${path} in 60 s`)));
    sent.on("error", reject);
    sent.end(body && JSON.stringify(body));
  });

/** Signs up a developer. Three events follow: of the account, its user and its application. */
export const signUp = (url: string, provider: CellProvider, name: string): Promise<Answer> =>
  askProvider(url, provider, "POST", "/admin/api/signup.json", {
    org_name: name,
    username: name,
    email: `${name}@example.com`,
  });

/** Subscribes the receiver to every sign-up. */
export const subscribe = (url: string, provider: CellProvider, receiverUrl: string): Promise<Answer> =>
  askProvider(url, provider, "PUT", "/admin/api/webhooks.json", {
    url: receiverUrl,
    active: true,
    provider_actions: true,
    account_created_on: true,
    user_created_on: true,
    application_created_on: true,
  });
