import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ReceiverProcess } from "../../../receiver/test/receiver-process.ts";
import { secretsText } from "../../../receiver/test/requests.ts";
import { type ReceiverLimits, sendRequests, statusOfSlowRequest } from "../../../receiver/test/send-requests.ts";
import { type BellwireApi, sendRequest, valueAt } from "../chaos/api-client.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";
import { signUp } from "./verify-delivery.ts";

const timeout = 180_000;
const cwd = fileURLToPath(new URL("../../../receiver/examples/", import.meta.url));

let folder = "";

type Command = readonly [string, ...string[]];

interface Language extends ReceiverLimits {
  readonly name: string;
  /** Succeeds if the receiver can be run. */
  readonly probe: Command;
  /** Once for all tests: the readers' commands `go run` and `java Receiver.java` build at each start. */
  readonly build?: () => Command;
  readonly command: () => Command;
  /** The status for a body that does not end, `undefined` for a closed connection. `null` if the server waits for ever. */
  readonly slow: 408 | undefined | null;
}

const languages: readonly Language[] = [
  {
    name: "Python",
    probe: ["python3", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"],
    command: () => ["python3", "receiver.py"],
    unknownLength: 411,
    refusesByHeaders: true,
    slow: 408,
  },
  {
    name: "Go",
    probe: ["go", "version"],
    build: () => ["go", "build", "-o", join(folder, "receiver"), "receiver.go"],
    command: () => [join(folder, "receiver")],
    unknownLength: 413,
    refusesByHeaders: true,
    slow: 408,
  },
  {
    name: "Java",
    probe: ["javac", "--version"],
    build: () => ["javac", "-d", folder, "Receiver.java"],
    command: () => ["java", "-cp", folder, "Receiver"],
    unknownLength: 413,
    refusesByHeaders: true,
    slow: undefined,
  },
  {
    name: "PHP",
    probe: ["php", "-r", "exit(class_exists('DOMDocument') ? 0 : 1);"],
    command: () => ["sh", "-c", 'php receiver.php && exec php -d display_errors=0 -S "127.0.0.1:$PORT" receiver.php'],
    unknownLength: undefined,
    refusesByHeaders: false,
    slow: null,
  },
  {
    name: "Ruby",
    probe: ["ruby", "-r", "rexml/document", "-e", "exit RUBY_VERSION.to_f >= 3.1"],
    command: () => ["ruby", "receiver.rb"],
    unknownLength: 411,
    refusesByHeaders: true,
    slow: 408,
  },
];

/** Runs a command in the folder of the receivers. */
const succeeds = ([file, ...rest]: Command): boolean =>
  spawnSync(file, rest, { cwd, stdio: ["ignore", "ignore", "inherit"] }).status === 0;

const installed = languages.filter(({ probe }) => succeeds(probe));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellwire-receivers-"));
  for (const { name, build } of installed) {
    if (build && !succeeds(build())) throw new Error(`The receiver in ${name} cannot be built.`);
  }
}, timeout);

afterAll(() => rm(folder, { recursive: true, force: true }));

const start = async (
  { name, command }: Language,
  { secrets = secretsText, port = 0 } = {},
): Promise<ReceiverProcess> => {
  const inbox = await mkdtemp(join(folder, `${name}-`));
  return new ReceiverProcess({ command: command(), cwd, secrets, port, environment: { BELLWIRE_INBOX: inbox } });
};

describe.concurrent.each(languages)("the receiver in $name", (language) => {
  const isMissing = !installed.includes(language);
  const reason = `the tools of ${language.name} are not installed`;

  test("processes each signed event once and refuses all other requests", { timeout }, async (context) => {
    if (isMissing) return context.skip(reason);
    await using receiver = await start(language);
    const slow = language.slow === null ? null : statusOfSlowRequest(await receiver.listening());
    const { answers, right } = await sendRequests(receiver, language);
    expect(answers).toEqual(right);
    expect(await slow).toBe(language.slow);
    expect(receiver.errors).not.toMatch(/Traceback|exception/i);
  });

  test("exits with an error for each unusable secret", { timeout }, async (context) => {
    if (isMissing) return context.skip(reason);
    for (const secrets of ["", "whsec_", "whsec_AAAA", "hunter2", `${secretsText},`, secretsText.slice(0, -1)]) {
      await using receiver = await start(language, { secrets });
      expect([secrets, await receiver.ended]).toEqual([secrets, 1]);
      expect(receiver.errors).toMatch(/the signing secret /i);
      expect(receiver.errors).not.toContain("hunter2");
      expect(receiver.output).toBe("");
    }
  });

  test("exits with an error if its port is taken", { timeout }, async (context) => {
    if (isMissing) return context.skip(reason);
    const other = createServer().listen(0, "127.0.0.1");
    try {
      await once(other, "listening");
      const address = other.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      await using receiver = await start(language, { port });
      expect(await receiver.ended).toBe(1);
      expect(receiver.errors).toMatch(/in use/i);
    } finally {
      other.close();
    }
  });
});

test.for([
  ["without a secret", "", "display_errors=0"],
  ["that shows errors in responses, so that a warning answers 200 first,", secretsText, "display_errors=1"],
])("the receiver in PHP, in a server %s answers 500", { timeout }, async ([_case, secrets, setting], context) => {
  const language = installed.find(({ name }) => name === "PHP");
  if (!language) return context.skip("PHP is not installed");
  const command = (): Command => ["sh", "-c", `exec php -d ${setting} -S "127.0.0.1:$PORT" receiver.php`];
  await using receiver = await start({ ...language, command }, { secrets });
  const url = `http://127.0.0.1:${await receiver.listening()}/webhooks`;
  expect((await fetch(url, { method: "POST", body: "<event/>" })).status).toBe(500);
});

/** Creates an endpoint for the receiver, and starts the receiver with its secret. */
async function subscribe(api: BellwireApi, language: Language) {
  const settings = { name: language.name, url: "http://127.0.0.1:9", event_types: ["account.created"] };
  const created = await sendRequest(api, "POST", "/api/v1/endpoints", { ...settings, provider_actions: true });
  const path = `/api/v1/endpoints/${String(valueAt(created.body, "id"))}`;
  const secret = String(valueAt((await sendRequest(api, "GET", `${path}/secret`)).body, "secret"));
  const receiver = await start(language, { secrets: secret });
  return { path, receiver, url: `http://127.0.0.1:${await receiver.listening()}/webhooks` };
}

test("every receiver processes a delivery of Bellwire in every format", { timeout }, async (context) => {
  if (installed.length === 0) return context.skip("no other language is installed");
  await using dataDir = await makeEmptyDataDir();
  await using bellwire = await startBellwire({ dataDir: dataDir.path });
  const api = { url: bellwire.url, token: (await readSignIn(dataDir.path)).accessToken };
  await using receivers = new AsyncDisposableStack();
  const endpoints = await Promise.all(installed.map((language) => subscribe(api, language)));
  for (const { receiver } of endpoints) receivers.use(receiver);

  const ids: unknown[] = [];
  for (const format of ["3scale", "json", "cloudevents", "cloudevents-binary"]) {
    for (const { path, url } of endpoints)
      expect(await sendRequest(api, "PATCH", path, { url, format })).toMatchObject({ status: 200 });
    ids.push(valueAt((await signUp(api, format)).body, "account", "id"));
    const lines = ids.map((id) => expect.stringMatching(new RegExp(`^account ${String(id)} created by token:\\d+$`)));
    for (const { receiver } of endpoints) expect(await receiver.printed(ids.length)).toEqual(lines);
  }
});
