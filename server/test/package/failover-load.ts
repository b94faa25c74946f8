import { setTimeout as wait } from "node:timers/promises";
import { type BellwireApi, sendRequest, valueAt } from "../chaos/api-client.ts";

/** A change as its client knows it. Times are of performance.now(). */
export interface LoadedChange {
  /** Unique in the run. The account carries it as its name, and so does the event. */
  readonly marker: string;
  readonly sentMs: number;
  /** When the answer came, or the connection ended. */
  readonly answeredMs: number;
  /** The answer said that the change was made. */
  readonly isAcknowledged: boolean;
}

const clients = 6;
const pauseMs = 40;
/** Accounts that a client keeps renaming. */
const accountsMax = 5;
const signUpEvery = 4;

/** Signs up and renames accounts, and records each answer. */
export class FailoverLoad implements AsyncDisposable {
  readonly changes: LoadedChange[] = [];
  /** Answers that no client may get. */
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

  /** Returns no status without an answer. */
  async #sendRequest(
    marker: string,
    method: string,
    path: string,
    body: Readonly<Record<string, string>>,
  ): Promise<{ readonly status?: number; readonly body?: unknown }> {
    const sentMs = performance.now();
    const answer = await sendRequest(this.#api, method, path, body).catch(() => undefined);
    const isAcknowledged = answer !== undefined && answer.status < 300;
    this.changes.push({ marker, sentMs, answeredMs: performance.now(), isAcknowledged });
    return answer ?? {};
  }
}
