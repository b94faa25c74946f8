import { setTimeout as wait } from "node:timers/promises";
import { type Pool, queryRow } from "#platform/database/database.ts";
import { type OpenedPool, openPool } from "#platform/database/pool.ts";
import { Random } from "../simulation/random.ts";
import { RandomPortal, type Send } from "../simulation/random-portal.ts";
import { RandomWebhooks } from "../simulation/random-webhooks.ts";
import { countOpenWork, findContradictions, findMirrorErrors, readFeed } from "../support/find-contradictions.ts";
import { schema } from "../support/test-databases.ts";
import { until } from "../support/until.ts";
import { type BellwireApi, requestWithRetries, sendRequest } from "./api-client.ts";
import { checkAcknowledged, type GatedEvent, type LoggedRequest } from "./check-acknowledged.ts";
import { type Evidence, checkEvidence } from "./check-deliveries.ts";
import { countRepeats } from "./count-repeats.ts";
import { type ChaosEndpoint, endpoints, erratic } from "./endpoints.ts";
import { type Fault, injectFaults, isKill } from "./faults.ts";
import { followEvents, type Follower } from "./follow-events.ts";
import { describeDue, readDeliveries, readEvents, readFailures, unlistedStatement } from "./read-outcome.ts";
import { type ReceivedRequest, wallMs } from "./received-request.ts";
import { type ChaosOptions, type ChaosReport, subscribe } from "./run-chaos.ts";
import { openSetup, type Setup } from "./setup.ts";
import { startReceivers } from "./start-receivers.ts";
import { watchDatabase } from "./watch-database.ts";

const baseDomain = "chaos.test";
/** Clients of each provider. */
const clients = 4;
const betweenActionsMs = [20, 200] as const;
/** Longer than the slowest recovery: a lease, an open breaker, and transactions that the database must end itself. */
const quietMs = 240_000;

/** Several people of one provider, who act at random on the same objects. Each request goes to one of the web processes. */
class RandomProvider {
  readonly id: number;
  readonly subdomain: string;
  readonly api: BellwireApi;
  readonly log: LoggedRequest[] = [];
  /** Requests about objects of another provider that succeeded. */
  readonly leaks: string[] = [];
  readonly webhooks: RandomWebhooks;
  /** Endpoints that no action concerns: they have their whole order. */
  readonly steady: readonly ChaosEndpoint[];
  readonly #portal: RandomPortal;
  readonly #random: Random;
  readonly #urls: Setup["urls"];

  constructor(
    { id, subdomain, token }: { readonly id: number; readonly subdomain: string; readonly token: string },
    { urls, random, origin }: { readonly urls: Setup["urls"]; readonly random: Random; readonly origin: string },
  ) {
    this.id = id;
    this.subdomain = subdomain;
    this.api = { url: urls[0], host: `${subdomain}-admin.${baseDomain}`, token };
    this.#urls = urls;
    this.#random = random;
    this.steady = endpoints
      .filter(({ name }) => ["witness", "account-order"].includes(name))
      .map((endpoint) => ({ ...endpoint, name: `${subdomain}/${endpoint.name}` }));
    this.#portal = new RandomPortal(this.send, random);
    const url = `${origin}/${subdomain}/${erratic.name}`;
    this.webhooks = new RandomWebhooks(this.send, { random, url, change: () => this.#change() });
  }

  async prepare(): Promise<void> {
    await this.#portal.prepare();
    for (let count = 0; count < 3; count += 1) await this.webhooks.createEndpoint();
  }

  async work(other: RandomProvider, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#random.happens(0.05)) await this.#actOnObjectOf(other);
      else await (this.#random.happens(0.3) ? this.#change() : this.webhooks.act());
      await wait(this.#random.between(...betweenActionsMs));
    }
  }

  #change(): Promise<void> {
    return this.#random.happens(0.2) ? this.#portal.operate() : this.#portal.step();
  }

  readonly send: Send = async (method, path, payload) => {
    const sentMs = wallMs();
    const api = { ...this.api, url: this.#random.pick(this.#urls) };
    const answer = await sendRequest(api, method, path, payload).catch(() => ({ status: 0, body: undefined }));
    this.log.push({ method, path, payload, ...answer, sentMs, answeredMs: wallMs() });
    return answer;
  };

  /** Repeats a request of another provider about one of its objects, with the own token. */
  async #actOnObjectOf({ subdomain, log }: RandomProvider): Promise<void> {
    const succeeded = log.filter(({ path, status }) => /\/(\d{6,}|[0-9a-f-]{36}\.\d+)/.test(path) && isSuccess(status));
    const request = succeeded[this.#random.between(0, succeeded.length - 1)];
    if (!request) return;
    const { method, path, payload } = request;
    const { status } = await this.send(method, path, payload);
    if (isSuccess(status)) this.leaks.push(`${method} ${path} of ${subdomain}: ${status} for another provider`);
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/**
 * Disturbs Bellwire while people of two providers do anything that the APIs offer, at random, through two web processes. Then the
 * receivers recover, and everything must agree: events, their mirror, deliveries, lists, attempts and statistics.
 */
export async function runActions(options: Omit<ChaosOptions, "on" | "enough">): Promise<ChaosReport> {
  const { minutes, seed, printStatus, stop } = options;
  using receivers = await startReceivers(seed);
  using erratics = await startReceivers(seed + 1);
  const environment = { BELLWIRE_BASE_DOMAIN: baseDomain };
  await using setup = await openSetup("one server", { printStatus, secondWeb: true, environment });
  await using stack = new AsyncDisposableStack();
  const watched: Watched[] = [];
  for (const [index, subdomain] of ["quay", "harbour"].entries()) {
    const choices = { random: new Random(seed + 2 + index), origin: erratics.origin };
    const provider = await createProvider(setup, subdomain, choices);
    const endpointIds = await subscribe(provider.api, receivers.origin, provider.steady);
    watched.push({ provider, endpointIds, follower: stack.use(followEvents(provider.api)) });
    await provider.prepare();
  }
  const watch = stack.use(watchDatabase(setup.ownerUrl));
  const signal = AbortSignal.any([AbortSignal.timeout(minutes * 60_000), ...(stop ? [stop] : [])]);
  const done = await act(setup, watched, { ...options, signal });

  printStatus("draining");
  erratics.recover();
  // The last fault may have killed the database.
  const open = (): Promise<OpenedPool> => openPool({ connectionString: setup.ownerUrl(), schema });
  await using pool = await until(() => open().catch(() => undefined), { withinMs: quietMs });
  const log = watched.flatMap(({ provider }) => provider.log);
  const violations = log.flatMap(describeUnexpected);
  await waitForEnd(pool, watched).catch(async () => {
    violations.push("work is left", ...(await describeDue(setup.ownerUrl())));
  });
  printStatus("checking");
  const faults = done.map((fault) => ({ ...fault, untilMs: watch.answeredAfter(fault.untilMs) }));
  const received = [...(await receivers.received()), ...(await erratics.received())];
  const found: Found[] = [];
  for (const each of watched) found.push(await evaluate(pool, each, { received, faults }));
  violations.push(...found.flatMap(({ wrong }) => wrong), ...processEnds(setup));
  const sum = (name: "acknowledged" | "lost" | "repeated"): number =>
    found.reduce((total, each) => total + each[name], 0);
  const line =
    `chaos: ${minutes.toFixed(1)} minutes, ${faults.filter(({ kind }) => isKill(kind)).length} kills, ${log.length} requests, ` +
    `${sum("acknowledged")} acknowledged, ${sum("lost")} lost, ${received.length} received, ` +
    `${sum("repeated")} repeated in order, seed ${seed}`;
  return { line, faults, acknowledged: sum("acknowledged"), violations };
}

/** A process that starts while the database is away may end with code 1, and is started again. */
const processEnds = ({ webs, engines }: Setup): readonly string[] =>
  [...webs, ...engines].flatMap(({ unexpectedEnds }) => unexpectedEnds).filter((end) => !end.includes("ended with 1:"));

/** Lets all clients act until the signal, and injects faults meanwhile. */
async function act(
  setup: Setup,
  watched: readonly Watched[],
  { seed, kinds, pauseMs, printStatus, signal }: Omit<ChaosOptions, "on"> & { readonly signal: AbortSignal },
): Promise<readonly Fault[]> {
  const done: Fault[] = [];
  const working = watched.flatMap(({ provider }, index) => {
    const other = watched[1 - index]?.provider ?? provider;
    return Array.from({ length: clients }, () => provider.work(other, signal));
  });
  await Promise.all([
    ...working,
    injectFaults(setup, {
      random: new Random(seed),
      signal,
      kinds,
      pauseMs,
      forgetSince: () => undefined,
      done: (fault) => {
        done.push(fault);
        printStatus(`${fault.kind}, ${((fault.untilMs - fault.fromMs) / 1000).toFixed(1)} s`);
      },
    }),
  ]);
  return done;
}

interface Found {
  readonly acknowledged: number;
  readonly lost: number;
  readonly repeated: number;
  readonly wrong: readonly string[];
}

/** An engine that loses its lanes may leave so many attempts of cancelled deliveries uncounted (decision 0027). */
const uncountedPerFault = 3;

/** Compares what one provider was told, has and was sent. */
async function evaluate(
  pool: Pool,
  watched: Watched,
  { received, faults }: { readonly received: readonly ReceivedRequest[]; readonly faults: readonly Fault[] },
): Promise<Found> {
  const { provider, endpointIds } = watched;
  const providerId = provider.id;
  const { acknowledged, lost, wrong } = checkAcknowledged(provider.log, await readGates(pool, providerId));
  const inOrder = received.filter(({ endpoint }) => endpointIds.has(endpoint));
  const evidence = await readEvidence(watched, inOrder);
  const repeats = countRepeats(inOrder, faults);
  const feed = await readFeed(pool, providerId);
  const uncountedMax = uncountedPerFault * faults.length;
  return {
    acknowledged,
    lost: lost.length,
    repeated: repeats.repeated,
    wrong: [
      ...lost,
      ...wrong,
      ...provider.leaks,
      ...checkEvidence(evidence),
      ...repeats.wrong,
      ...findForeign(provider, evidence.events, received),
      ...(await findMirrorErrors({ pool, providerId }, feed, (path) => readXml(provider.api, path))),
      ...(await findLasting(() => findContradictions(pool, providerId, { uncountedMax }))),
    ],
  };
}

async function createProvider(
  setup: Setup,
  subdomain: string,
  more: { readonly random: Random; readonly origin: string },
): Promise<RandomProvider> {
  const output = await setup.command("provider", "create", "--name", subdomain, "--subdomain", subdomain);
  const id = Number(/^provider +(\d+)/m.exec(output)?.[1]);
  const token = /^access token +(\S+)$/m.exec(output)?.[1] ?? "";
  return new RandomProvider({ id, subdomain, token }, { ...more, urls: setup.urls });
}

/** Waits until every delivery, job and replay has ended and every failure is listed. An endpoint whose 410 was on its way is enabled again, as an admin would. */
async function waitForEnd(pool: Pool, watched: readonly Watched[]): Promise<void> {
  await until(
    async () => {
      for (const { provider } of watched) await provider.webhooks.activateAll();
      if ((await countOpenWork(pool)) > 0) return false;
      return (await queryRow<{ unlisted: number }>(pool, unlistedStatement)).unlisted === 0;
    },
    { withinMs: quietMs, everyMs: 1000 },
  );
}

interface Watched {
  readonly provider: RandomProvider;
  readonly endpointIds: ReadonlyMap<string, number>;
  readonly follower: Follower;
}

const isChange = ({ type }: { readonly type: string }): boolean => /^(account|user|application)\./.test(type);

async function readEvidence(
  { provider: { api, steady }, endpointIds, follower }: Watched,
  received: readonly ReceivedRequest[],
): Promise<Evidence> {
  const failures = [...(await readFailures(api))];
  return {
    endpoints: steady,
    events: (await readEvents(api)).filter(isChange),
    deliveries: await readDeliveries(api, endpointIds),
    failures: new Set(failures.filter((key) => endpointIds.has(key.split(" ")[1] ?? ""))),
    received,
    followed: (await follower.finish()).filter(isChange),
    windows: [],
  };
}

/** Finds events of one provider that receivers of another one got. */
function findForeign(
  { subdomain }: RandomProvider,
  events: Evidence["events"],
  received: readonly ReceivedRequest[],
): readonly string[] {
  const own = new Set(events.map(({ id }) => id));
  return received
    .filter(({ endpoint, eventId }) => own.has(eventId) && !endpoint.startsWith(subdomain))
    .map(({ endpoint, eventId }) => `${eventId} of ${subdomain} was sent to ${endpoint}`);
}

const readGates = (pool: Pool, providerId: number): Promise<readonly GatedEvent[]> =>
  pool.query<GatedEvent & Record<string, unknown>>(
    "select type, object_id, withheld from events where provider_id = $1",
    [providerId],
  );

async function readXml(api: BellwireApi, path: string): Promise<string> {
  const { status, body } = await requestWithRetries(api, "GET", path);
  return status === 200 ? String(body) : "";
}

/** A web process whose database is away answers 503. Nothing else may fail. */
const describeUnexpected = ({ method, path, payload, status, body }: LoggedRequest): readonly string[] =>
  status < 500 || status === 503
    ? []
    : [`${method} ${path} ${JSON.stringify(payload)}: ${status} ${JSON.stringify(body)}`];

/** Returns errors that are still there after a while: statistics are written every second. */
async function findLasting(find: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const deadlineMs = wallMs() + 30_000;
  for (;;) {
    const errors = await find();
    if (errors.length === 0 || wallMs() > deadlineMs) return errors;
    await wait(1000);
  }
}
