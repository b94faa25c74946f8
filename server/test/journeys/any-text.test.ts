import fc from "fast-check";
import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { trimmed } from "#platform/document/plain-text.ts";
import { isXmlText } from "#platform/document/xml-text.ts";
import { setUp } from "../portal/house.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { openEveryDoor } from "../support/open-every-door.ts";
import { elementAt, readXmlStrictly } from "../support/read-xml-strictly.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { signUpByApi, signUpByForm, type SignUpAnswer } from "./sign-up-over-http.ts";
import { examples, typed, typedInJson, typedInMultipart, type Typed } from "./typed-text.ts";

/** Everything, running, and a receiver that hears of it twice: in 3scale's XML, and in JSON. */
interface House {
  readonly url: string;
  readonly token: string;
  readonly receiver: Receiver;
}

const test = base.extend("house", { scope: "file" }, async ({ sharedPool: pool }, { onCleanup }): Promise<House> => {
  const running = new AsyncDisposableStack();
  onCleanup(() => running.disposeAsync());
  const { provider, accessToken: token } = await setUp(pool);
  await define(pool, provider.id, "Account", "motto");
  await define(pool, provider.id, "User", "nick");
  const receiver = running.use(await startReceiver());
  for (const format of ["3scale", "json"] as const) {
    const endpoint = { providerId: provider.id, url: receiver.url, name: format, format, providerActions: true };
    await buildEndpoint(pool, endpoint);
  }
  running.use(await startTestEngine(pool));
  const { http } = running.use(await openEveryDoor(pool));
  return { url: await http.listen({ host: "127.0.0.1", port: 0 }), token, receiver };
});

const define = (pool: Pool, ...definition: readonly [providerId: number, target: string, name: string]) =>
  pool.query(
    `insert into fields_definitions (provider_id, target, name, label, position) values ($1, $2, $3, $3, 9)`,
    definition,
  );

const countAccounts = async (pool: Pool): Promise<number> => (await pool.query(`select from accounts`)).length;

type SignUp = (house: House, it: Typed) => Promise<SignUpAnswer>;

const ways: readonly (readonly [string, fc.Arbitrary<Typed>, SignUp])[] = [
  ["by the sign-up form", typed, ({ url }, it) => signUpByForm(url, it)],
  ["by the API as a form", typed, (house, it) => signUpByApi(house, new URLSearchParams({ ...it }))],
  ["by the API as a multipart form", typedInMultipart, (house, it) => signUpByApi(house, multipartOf(it))],
  ["by the API as JSON", typedInJson, (house, it) => signUpByApi(house, { json: it })],
];

function multipartOf(it: Typed): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(it)) form.set(name, text);
  return form;
}

test.for(ways)(
  "what is typed is in the webhooks as it was typed, or is refused beside its field: %s",
  { timeout: 60_000 },
  async ([, typing, signUp], { house, sharedPool: pool }) => {
    const accounts = await countAccounts(pool);
    const seen = { through: 0, refused: 0 };
    const deadlineMs = performance.now() + 5000; // the way by the form hashes a password each time
    await fc.assert(
      fc.asyncProperty(typing, async (it) => {
        if (performance.now() > deadlineMs) return;
        const before = house.receiver.received.length;
        const { isThrough, wrong } = await signUp(house, it);
        seen[isThrough ? "through" : "refused"] += 1;
        if (isThrough) await expectArrived(house.receiver, before, it);
        expectJudgedRight(it, wrong, isThrough);
      }),
      { examples: examples() },
    );
    expect(Math.min(seen.through, seen.refused)).toBeGreaterThan(0);
    expect(await countAccounts(pool)).toBe(accounts + seen.through);
  },
);

/** What XML cannot hold is refused; of the provider's inventions, nothing else. */
function expectJudgedRight(it: Typed, wrong: readonly string[], isThrough: boolean): void {
  const impossible = Object.entries(it).flatMap(([name, text]) => (isXmlText(text.trim()) ? [] : [name]));
  expect(wrong).toEqual(expect.arrayContaining(impossible));
  expect(Object.keys(it)).toEqual(expect.arrayContaining([...wrong]));
  expect([...impossible, "org_name", "username", "email"]).toEqual(expect.arrayContaining([...wrong]));
  expect(wrong.length > 0).toBe(!isThrough);
}

/** An account, its user and an application were created: the events say so, with the texts in them. */
async function expectArrived(receiver: Receiver, before: number, it: Typed): Promise<void> {
  await until(() => receiver.received.length === before + 6);
  const arrived = receiver.received.slice(before).map(({ body }) => body);
  const [org_name, motto, ...user] = [it.org_name, it.motto, it.username, it.email, it.nick].map((text) =>
    trimmed(text),
  );
  const expected = [org_name, motto, ...user, ...user];
  expect(readAll(arrived.filter((body) => body.startsWith("<")))).toEqual(expected);
  expect(readAll(arrived.filter((body) => body.startsWith("{")))).toEqual(expected);
}

const ofUser = ["username", "email", "extra_fields/nick"];
const paths = [
  ...["org_name", "extra_fields/motto", ...ofUser.map((path) => `users/user/${path}`)].map((path) => `account/${path}`),
  ...ofUser.map((path) => `user/${path}`),
];

/** What stands at each path in one of the events; of what is not there, nothing. */
const readAll = (bodies: readonly string[]): readonly string[] =>
  paths.map((path) => bodies.map((body) => textAt(body, path)).find((text) => text !== undefined) ?? "");

function textAt(body: string, path: string): string | undefined {
  if (body.startsWith("<")) return elementAt(readXmlStrictly(body), `object/${path}`)?.text;
  const found = path.split("/").reduce((at: unknown, name) => stepTo(at, name), JSON.parse(body).data);
  return typeof found === "string" ? found : undefined;
}

/** A list in JSON has no names for what is in it: the first is meant. */
function stepTo(at: unknown, name: string): unknown {
  if (Array.isArray(at)) return at[0];
  return typeof at === "object" && at !== null ? Object.getOwnPropertyDescriptor(at, name)?.value : undefined;
}
