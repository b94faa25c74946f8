import { setTimeout as wait } from "node:timers/promises";
import { errorCode } from "#platform/errors.ts";
import type { Random } from "../simulation/random.ts";
import { sendRequest, valueAt, type ApiResponse, type BellwireApi } from "./api-client.ts";
import type { Change, ChangeType, ChangeOutcome } from "./change.ts";
import { wallMs } from "./received-request.ts";

interface OwnAccount {
  readonly id: number;
  users: number[];
  applications: number[];
  /** When its last change was answered. Infinity while one is in flight. */
  changedMs: number;
}

const accountsMax = 8;

/**
 * Pause between two changes. Six clients make about 25 changes a second, on any machine: fewer than the slowest receiver can take, so
 * that draining the backlog does not take longer than the run.
 */
const pauseMs = [50, 200] as const;

/**
 * Makes changes one after another in its own accounts, and records the outcome of each. It no longer changes an account
 * with an unknown outcome, so that the account's final state reveals it.
 */
export class Client {
  readonly #api: BellwireApi;
  readonly #random: Random;
  readonly #number: number;
  readonly #planId: number;
  readonly changes: Change[] = [];
  /** Answers that no client may get. */
  readonly unexpected: string[] = [];
  #accounts: OwnAccount[] = [];
  #forgotMs = 0;

  constructor(api: BellwireApi, options: { random: Random; number: number; planId: number }) {
    this.#api = api;
    this.#random = options.random;
    this.#number = options.number;
    this.#planId = options.planId;
  }

  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#changeSomething();
      await wait(this.#random.between(...pauseMs));
    }
  }

  /** No longer changes the accounts that it changed since: the database may have returned to an earlier state of them. */
  forgetSince(ms: number): void {
    this.#forgotMs = wallMs();
    this.#accounts = this.#accounts.filter(({ changedMs }) => changedMs < ms);
  }

  async #changeSomething(): Promise<void> {
    const random = this.#random;
    const account = this.#accounts[random.between(0, this.#accounts.length - 1)];
    if (!account || (this.#accounts.length < accountsMax && random.happens(0.2))) return this.#signUp();
    const user = account.users[random.between(0, account.users.length - 1)];
    const application = account.applications[random.between(0, account.applications.length - 1)];
    const path = `/admin/api/accounts/${account.id}`;
    const what = random.between(0, 99);
    if (what < 3) return this.#delete("account.deleted", account, account.id, path);
    if (what < 25) return this.#update("account.updated", account, account.id, path);
    if (user === undefined || what < 40) return this.#create("user.created", account, `${path}/users`);
    if (application === undefined || what < 55)
      return this.#create("application.created", account, `${path}/applications`);
    if (what < 70) return this.#update("user.updated", account, user, `${path}/users/${user}`);
    if (what < 85)
      return this.#update("application.updated", account, application, `${path}/applications/${application}`);
    if (what < 92) return this.#delete("user.deleted", account, user, `${path}/users/${user}`);
    return this.#delete("application.deleted", account, application, `${path}/applications/${application}`);
  }

  async #signUp(): Promise<void> {
    const marker = this.#nextMarker();
    const body = { org_name: marker, username: `u${marker}`, email: `${marker}@example.com` };
    const { answer, ...result } = await this.#request("POST", "/admin/api/signup.json", body);
    const id = numberAt(answer, "account", "id");
    const isCommitted = result.outcome === "committed";
    this.changes.push({
      type: "account.created",
      marker,
      ...result,
      ...(isCommitted && { accountId: id, objectId: id }),
    });
    if (isCommitted && result.sentMs > this.#forgotMs)
      this.#accounts.push({ id, users: [], applications: [], changedMs: result.answeredMs });
  }

  async #create(type: ChangeType, account: OwnAccount, path: string): Promise<void> {
    const marker = this.#nextMarker();
    account.changedMs = Infinity;
    const { answer, ...result } = await this.#request("POST", `${path}.json`, {
      ...fieldsOf(type, marker),
      ...(type === "user.created" ? { username: `u${marker}` } : { name: "An application", plan_id: this.#planId }),
    });
    const objectId = numberAt(answer, type.split(".")[0] ?? "", "id");
    const isCommitted = result.outcome === "committed";
    this.#record(account, { type, marker, accountId: account.id, ...result, ...(isCommitted && { objectId }) });
    if (isCommitted) (type === "user.created" ? account.users : account.applications).push(objectId);
  }

  async #update(type: ChangeType, account: OwnAccount, objectId: number, path: string): Promise<void> {
    const marker = this.#nextMarker();
    account.changedMs = Infinity;
    const { answer: _answer, ...result } = await this.#request("PUT", `${path}.json`, fieldsOf(type, marker));
    this.#record(account, { type, marker, accountId: account.id, objectId, ...result });
  }

  async #delete(type: ChangeType, account: OwnAccount, objectId: number, path: string): Promise<void> {
    account.changedMs = Infinity;
    const { answer: _answer, ...result } = await this.#request("DELETE", `${path}.json`);
    this.#record(account, { type, marker: this.#nextMarker(), accountId: account.id, objectId, ...result });
    if (result.outcome !== "committed") return;
    if (type === "account.deleted") this.#accounts = this.#accounts.filter((other) => other !== account);
    account.users = account.users.filter((id) => type !== "user.deleted" || id !== objectId);
    account.applications = account.applications.filter((id) => type !== "application.deleted" || id !== objectId);
  }

  #record(account: OwnAccount, change: Change): void {
    account.changedMs = change.answeredMs;
    this.changes.push(change);
    if (change.outcome === "unknown") this.#accounts = this.#accounts.filter(({ id }) => id !== change.accountId);
  }

  async #request(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ outcome: ChangeOutcome; sentMs: number; answeredMs: number; answer?: ApiResponse }> {
    const sentMs = wallMs();
    const withTimes = (outcome: ChangeOutcome) => ({ outcome, sentMs, answeredMs: wallMs() });
    try {
      const answer = await sendRequest(this.#api, method, path, body);
      // Its object may have been lost while the request was in flight.
      if (answer.status === 404 && sentMs <= this.#forgotMs) return { ...withTimes("refused"), answer };
      const outcome = outcomeOf(answer.status);
      if (outcome === undefined)
        this.unexpected.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return { ...withTimes(outcome ?? "unknown"), answer };
    } catch (error) {
      // Connection refused: nothing was sent.
      return withTimes(isRefused(error) ? "refused" : "unknown");
    }
  }

  #nextMarker(): string {
    return `m${this.#number}x${this.changes.length}`;
  }
}

/** A 5xx leaves the outcome unknown: the answer to a committed change can fail, too. */
function outcomeOf(status: number): ChangeOutcome | undefined {
  if (status >= 200 && status <= 299) return "committed";
  return status === 500 || status === 503 ? "unknown" : undefined;
}

const isRefused = (error: unknown): boolean => errorCode(error) === "ECONNREFUSED";

function fieldsOf(type: ChangeType, marker: string): Readonly<Record<string, string>> {
  if (type.startsWith("account")) return { org_name: marker };
  return type.startsWith("user") ? { email: `${marker}@example.com` } : { description: marker };
}

const numberAt = (answer: ApiResponse | undefined, ...path: readonly string[]): number =>
  Number(valueAt(answer?.body, ...path) ?? 0);
