import { expect, test } from "vitest";
import { sendRequest, itemsAt, valueAt, type BellwireApi } from "../chaos/api-client.ts";
import { makeDataDir } from "../support/data-dir.ts";
import { familyOf, kill, postmasterOf } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { readSignIn, startBellwire } from "../support/start-bellwire.ts";
import { until } from "../support/until.ts";

const accounts = 20;

test("a replay and a job continue after every process was killed", { timeout: 240_000 }, async () => {
  await using folder = await makeDataDir();
  await using receiver = await startReceiver();
  const first = await startBellwire({ dataDir: folder.path });
  const token = (await readSignIn(folder.path)).accessToken;
  const api: BellwireApi = { url: first.url, token };
  const webhook = { url: receiver.url, active: true, provider_actions: true, account_created_on: true };
  expect(await sendRequest(api, "PUT", "/admin/api/webhooks.json", webhook)).toMatchObject({ status: 200 });
  for (let number = 0; number < accounts; number += 1) {
    const form = { org_name: `Quay ${number}`, username: `quay${number}`, email: `quay${number}@example.com` };
    expect(await sendRequest(api, "POST", "/admin/api/signup.json", form)).toMatchObject({ status: 201 });
  }
  const endpointId = valueAt(itemsAt((await sendRequest(api, "GET", "/api/v1/endpoints")).body, "data")[0], "id");
  await until(async () => {
    const { body } = await sendRequest(api, "GET", "/api/v1/deliveries?state=pending");
    return receiver.received.length >= accounts && itemsAt(body, "data").length === 0;
  });
  const events = new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size;

  const range = { endpoint_id: endpointId, since: new Date(Date.now() - 3_600_000).toISOString(), only: "all" };
  const started = await sendRequest(api, "POST", "/api/v1/replays", range);
  const exporting = await sendRequest(api, "POST", "/api/v1/jobs", {
    kind: "export",
    of: "events",
    filter: {},
    format: "ndjson",
  });
  const postmaster = await postmasterOf(folder.path);
  for (const pid of postmaster === undefined ? [] : await familyOf(postmaster)) kill(pid, "SIGKILL");
  await first.kill();
  expect([started.status, exporting.status]).toEqual([201, 201]);

  await using again = await startBellwire({ dataDir: folder.path });
  const replay = `/api/v1/replays/${String(valueAt(started.body, "id"))}`;
  const ended = await until(async () => {
    const { body } = await sendRequest({ url: again.url, token }, "GET", replay);
    return valueAt(body, "state") === "done" && body;
  });
  expect(valueAt(ended, "counts", "delivered")).toBe(events);
  const job = `/api/v1/jobs/${String(valueAt(exporting.body, "id"))}`;
  await until(async () => valueAt((await sendRequest({ url: again.url, token }, "GET", job)).body, "state") === "done");
  const result = await fetch(`${again.url}${job}/result`, { headers: { authorization: `Bearer ${token}` } });
  const exported = (await result.text())
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [String(JSON.parse(line).id)]));
  expect([exported.length, new Set(exported).size]).toEqual([valueAt(exporting.body, "total"), exported.length]);
  const repeats = (): number =>
    new Set(receiver.received.flatMap(({ headers }) => (headers["bellwire-replay"] ? [headers["webhook-id"]] : [])))
      .size;
  await until(() => repeats() === events);
});
