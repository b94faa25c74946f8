import fc from "fast-check";
import { expect } from "vitest";
import type { Pool } from "#platform/database/database.ts";
import { trimUnicode } from "#platform/visible-text.ts";
import { isXmlText } from "#platform/xml.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { elementAt, readXmlStrictly } from "../support/read-xml-strictly.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { type SignUpFields, examples, formFields, jsonFields, multipartFields } from "./arbitrary-text.ts";
import { type SignUpResponse, signUpByApi, signUpByForm } from "./sign-up-over-http.ts";

/** All interfaces and an engine, with a receiver of two endpoints: one in 3scale's XML, one in JSON. */
interface RunningBellwire {
  readonly url: string;
  readonly token: string;
  readonly receiver: Receiver;
}

const test = base.extend(
  "bellwire",
  { scope: "file" },
  async ({ sharedPool: pool }, { onCleanup }): Promise<RunningBellwire> => {
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
    const { http } = running.use(await openWebServer(pool));
    return { url: await http.listen({ host: "127.0.0.1", port: 0 }), token, receiver };
  },
);

const define = (pool: Pool, ...definition: readonly [providerId: number, target: string, name: string]) =>
  pool.query(
    `insert into fields_definitions (provider_id, target, name, label, position) values ($1, $2, $3, $3, 9)`,
    definition,
  );

const countAccounts = async (pool: Pool): Promise<number> => (await pool.query(`select from accounts`)).length;

type SignUp = (bellwire: RunningBellwire, fields: SignUpFields) => Promise<SignUpResponse>;

const interfaces: readonly (readonly [string, fc.Arbitrary<SignUpFields>, SignUp])[] = [
  ["by the sign-up form", formFields, ({ url }, fields) => signUpByForm(url, fields)],
  ["by the API as a form", formFields, (bellwire, fields) => signUpByApi(bellwire, new URLSearchParams({ ...fields }))],
  ["by the API as a multipart form", multipartFields, (bellwire, fields) => signUpByApi(bellwire, multipartOf(fields))],
  ["by the API as JSON", jsonFields, (bellwire, fields) => signUpByApi(bellwire, { json: fields })],
];

function multipartOf(fields: SignUpFields): FormData {
  const form = new FormData();
  for (const [name, text] of Object.entries(fields)) form.set(name, text);
  return form;
}

test.for(interfaces)(
  "webhooks carry every text exactly as submitted, or the field is rejected: %s",
  async ([, arbitrary, signUp], { bellwire, sharedPool: pool }) => {
    const accounts = await countAccounts(pool);
    const counts = { accepted: 0, rejected: 0 };
    const deadlineMs = performance.now() + 5000; // each sign-up by the form hashes a password
    await fc.assert(
      fc.asyncProperty(arbitrary, async (fields) => {
        if (performance.now() > deadlineMs) return;
        const before = bellwire.receiver.received.length;
        const { isAccepted, invalid } = await signUp(bellwire, fields);
        counts[isAccepted ? "accepted" : "rejected"] += 1;
        if (isAccepted) await expectArrived(bellwire.receiver, before, fields);
        expectRejections(fields, invalid, isAccepted);
      }),
      { examples: examples() },
    );
    expect(Math.min(counts.accepted, counts.rejected)).toBeGreaterThan(0);
    expect(await countAccounts(pool)).toBe(accounts + counts.accepted);
  },
);

/** Texts that XML cannot represent must be rejected. In the provider's own fields, nothing else may be. */
function expectRejections(fields: SignUpFields, invalid: readonly string[], isAccepted: boolean): void {
  const impossible = Object.entries(fields).flatMap(([name, text]) => (isXmlText(text.trim()) ? [] : [name]));
  expect(invalid).toEqual(expect.arrayContaining(impossible));
  expect(Object.keys(fields)).toEqual(expect.arrayContaining([...invalid]));
  expect([...impossible, "org_name", "username", "email"]).toEqual(expect.arrayContaining([...invalid]));
  expect(invalid.length > 0).toBe(!isAccepted);
}

/** The events of account, user and application must carry the submitted texts, in both formats. */
async function expectArrived(receiver: Receiver, before: number, fields: SignUpFields): Promise<void> {
  await until(() => receiver.received.length === before + 6);
  const arrived = receiver.received.slice(before).map(({ body }) => body);
  const [org_name, motto, ...user] = [fields.org_name, fields.motto, fields.username, fields.email, fields.nick].map(
    (text) => trimUnicode(text),
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

/** Returns the text at each path, from the first event that has fields, otherwise an empty text. */
const readAll = (bodies: readonly string[]): readonly string[] =>
  paths.map((path) => bodies.map((body) => textAt(body, path)).find((text) => text !== undefined) ?? "");

function textAt(body: string, path: string): string | undefined {
  if (body.startsWith("<")) return elementAt(readXmlStrictly(body), `object/${path}`)?.text;
  const text = path.split("/").reduce((at: unknown, name) => stepTo(at, name), JSON.parse(body).data);
  return typeof text === "string" ? text : undefined;
}

/** Steps into a property, or into the first element of a list. */
function stepTo(at: unknown, name: string): unknown {
  if (Array.isArray(at)) return at[0];
  return typeof at === "object" && at !== null ? Object.getOwnPropertyDescriptor(at, name)?.value : undefined;
}
