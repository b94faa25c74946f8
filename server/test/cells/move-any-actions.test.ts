import { expect } from "vitest";
import { systemClock } from "#platform/clock.ts";
import { openPool } from "#platform/database/pool.ts";
import { type BellwireApi, sendRequest } from "../chaos/api-client.ts";
import { Random } from "../simulation/random.ts";
import { RandomPortal, type Send } from "../simulation/random-portal.ts";
import { RandomWebhooks, answerAtRandom } from "../simulation/random-webhooks.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { countOpenWork, findContradictions, findMirrorErrors, readFeed } from "../support/find-contradictions.ts";
import { startReceiver } from "../support/receiver.ts";
import { schema } from "../support/test-databases.ts";
import { test } from "../support/test.ts";
import { until } from "../support/until.ts";
import { Installation, baseDomain, createCellTemplate } from "./installation.ts";
import { countRows } from "./move-load.ts";

/** ACTIONS_SEED=17 repeats the choices of that seed; requests, deliveries and moves still take turns of their own. */
const seed = Number(process.env["ACTIONS_SEED"] ?? 1);
/** MOVES=6 moves the provider as often, there and back. */
const moves = Number(process.env["MOVES"] ?? 2);
const clients = 4;
const actionsBetweenMoves = 40;
/** A replay repeats all that was sent, so the work of many actions would grow with the machine's speed. */
const betweenActionsMs = [20, 120] as const;
/** Twenty seconds: a move refuses changes for less. */
const triesMax = 400;

/** Sends requests as clients do: a request that is refused because the provider moves is sent again. */
class Client {
  /** Refusals for other reasons, and errors. */
  readonly unexpected: string[] = [];
  actions = 0;
  readonly #api: BellwireApi;

  constructor(api: BellwireApi) {
    this.#api = api;
  }

  readonly send: Send = async (method, path, payload) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await sendRequest(this.#api, method, path, payload);
      const isMoving = tries < triesMax && answer.status === 503 && /being moved/.test(JSON.stringify(answer.body));
      if (answer.status >= 500 && !isMoving) {
        this.unexpected.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      if (!isMoving) return answer;
      await systemClock.sleep(50);
    }
  };

  async readXml(path: string): Promise<string> {
    const { status, body } = await this.send("GET", path);
    return status === 200 ? String(body) : "";
  }
}

test(
  "a provider moves there and back during any actions: its events, lists and statistics agree in the last cell",
  { timeout: 300_000 },
  async () => {
    await using stack = new AsyncDisposableStack();
    const receiver = stack.use(await startReceiver());
    const template = stack.use(await createCellTemplate([]));
    const [here, there] = [
      stack.use(await cloneTemplate(template.name)),
      stack.use(await cloneTemplate(template.name)),
    ];
    const installation = stack.use(await Installation.open(here.connectionString, there.connectionString));
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    const quay = await installation.createProvider("quay", "default");
    const bellwire = stack.use(await installation.runRoles(["web", "engine"]));

    const [random, chance] = [new Random(seed), new Random(seed + 1)];
    receiver.answer(answerAtRandom(chance));
    const client = new Client({ url: bellwire.url, host: `quay-admin.${baseDomain}`, token: quay.token });
    const portal = new RandomPortal(client.send, random);
    const change = (): Promise<void> => (random.happens(0.2) ? portal.operate() : portal.step());
    const webhooks = new RandomWebhooks(client.send, { random, url: receiver.url, change });
    await portal.prepare();
    for (let count = 0; count < 3; count += 1) await webhooks.createEndpoint();

    let isOver = false;
    const act = async (): Promise<void> => {
      for (; !isOver; client.actions += 1) {
        await (random.happens(0.3) ? change() : webhooks.act());
        await systemClock.sleep(random.between(...betweenActionsMs));
      }
    };
    const acting = Promise.all(Array.from({ length: clients }, act));
    stack.defer(() => {
      isOver = true;
      return acting.then(() => undefined);
    });
    const actMore = (): Promise<unknown> => {
      const enough = client.actions + actionsBetweenMoves;
      return until(() => client.actions >= enough, { withinMs: 60_000 });
    };
    for (let count = 0; count < moves; count += 1) {
      await actMore();
      const to = count % 2 === 0 ? "west" : "default";
      await installation.done("provider", "move", "quay", "--to", to, "--drain-seconds", String(chance.pick([0, 1])));
    }
    await actMore();
    isOver = true;
    await acting;
    receiver.answer(200);

    const [left, last] = moves % 2 === 0 ? [there, here] : [here, there];
    const pool = stack.use(await openPool({ connectionString: last.connectionString, schema }));
    const countLeft = async (): Promise<number> => {
      await webhooks.activateAll();
      return countOpenWork(pool);
    };
    await expect.poll(countLeft, { interval: 500, timeout: 120_000 }).toBe(0);
    expect(client.unexpected).toEqual([]);
    expect(await countRows(left.connectionString, quay.id)).toEqual({});
    const feed = await readFeed(pool, quay.id);
    expect(await findMirrorErrors({ pool, providerId: quay.id }, feed, (path) => client.readXml(path))).toEqual([]);
    await expect.poll(() => findContradictions(pool, quay.id), { interval: 500 }).toEqual([]);
    expect(feed.length).toBeGreaterThan(actionsBetweenMoves / 2);
  },
);
