import { setTimeout as wait } from "node:timers/promises";
import { type BellwireApi, sendRequest, valueAt } from "../chaos/api-client.ts";

/** A change as its client saw it. Times are of performance.now(). */
export interface LoadedChange {
  /** Unique in the run. The account carries it as its name, and so does the event. */
  readonly marker: string;
  readonly sentMs: number;
  /** Time of the response, or of the end of the connection. */
  readonly answeredMs: number;
  /** True if the response confirmed the change. */
  readonly isAcknowledged: boolean;
}

const clients = 6;
const pauseMs = 40;
/** Accounts that a client keeps renaming. */
const accountsMax = 5;
const signUpEvery = 4;

/** Signs up and renames accounts, and records each response. */
export class FailoverLoad implements AsyncDisposable {
  readonly changes: LoadedChange[] = [];
  /** Responses that no client may get. */
  readonly unexpected: string[] = [];
  readonly #api: BellwireApi;
  readonly #closing = new AbortController();
  readonly #running: Promise<unknown>;

  /** @param mayForget a failover may lose accounts, whose renames are then answered with 404 */
  constructor(api: BellwireApi, { mayForget }: { readonly mayForget: boolean }) {
    this.#api = api;
    this.#running = Promise.all(Array.from({ length: clients }, (_, number) => this.#work(number, mayForget)));
  }

  get acknowledged(): readonly LoadedChange[] {
    return this.changes.filter(({ isAcknowledged }) => isAcknowledged);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #work(client: number, mayForget: boolean): Promise<void> {
    let accounts: number[] = [];
    for (let count = 0; !this.#closing.signal.aborted; count += 1) {
      const marker = `m${client}x${count}`;
      const account = count % signUpEvery === 0 ? undefined : accounts[count % accounts.length];
      const status = await (account === undefined ? this.#signUp(marker, accounts) : this.#rename(marker, account));
      if (status === 404 && mayForget) accounts = accounts.filter((id) => id !== account);
      else if (![200, 201, 503, undefined].includes(status)) this.unexpected.push(`${marker}: ${status}`);
      accounts = accounts.slice(-accountsMax);
      await wait(pauseMs);
    }
  }

  async #signUp(marker: string, accounts: number[]): Promise<number | undefined> {
    const form = { org_name: marker, username: marker, email: `${marker}@example.com` };
    const { status, body } = await this.#sendRequest(marker, "POST", "/admin/api/signup.json", form);
    if (status === 201) accounts.push(Number(valueAt(body, "account", "id")));
    return status;
  }

  async #rename(marker: string, account: number): Promise<number | undefined> {
    return (await this.#sendRequest(marker, "PUT", `/admin/api/accounts/${account}.json`, { org_name: marker })).status;
  }

  /** Returns no status if there was no response. */
  async #sendRequest(
    marker: string,
    method: string,
    path: string,
    body: Readonly<Record<string, string>>,
  ): Promise<{ readonly status?: number; readonly body?: unknown }> {
    const sentMs = performance.now();
    const response = await sendRequest(this.#api, method, path, body).catch(() => undefined);
    const isAcknowledged = response !== undefined && response.status < 300;
    this.changes.push({ marker, sentMs, answeredMs: performance.now(), isAcknowledged });
    return response ?? {};
  }
}
