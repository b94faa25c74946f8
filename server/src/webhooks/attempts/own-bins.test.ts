import { expect, test } from "vitest";
import { buildAttempt, buildSender } from "../../../test/support/build-attempts.ts";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import type { BinDelivery } from "./index.ts";

const url = "http://localhost:3000/bins/abc?source=test";

function buildBins(answer: { readonly status: number; readonly delayMs: number } | undefined) {
  const requests: BinDelivery[] = [];
  return {
    requests,
    matches: ({ pathname }: URL) => (pathname.startsWith("/bins/") ? pathname.slice("/bins/".length) : undefined),
    deliver: async (_bin: { readonly host: string }, request: BinDelivery) => {
      requests.push(request);
      return answer;
    },
  };
}

test("an own bin receives the complete request, even if no address is allowed", async () => {
  const ownBins = buildBins({ status: 503, delayMs: 0 });
  await using sender = buildSender({ allowedTargets: "none", ownBins });
  expect(await sender.send(buildAttempt({ url }))).toMatchObject({ kind: "answered", status: 503 });
  expect(ownBins.requests[0]).toMatchObject({ method: "POST", path: "/bins/abc", query: "source=test" });
  const names = ownBins.requests[0]?.headers.map(([name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(["host", "content-type", "webhook-id", "webhook-signature", "bellwire-attempt"]),
  );
});

test("an own bin receives the query string unchanged", async () => {
  const ownBins = buildBins({ status: 200, delayMs: 0 });
  await using sender = buildSender({ ownBins });
  await sender.send(buildAttempt({ url: `http://localhost:3000/bins/abc?filter='a'&b="<>"` }));
  expect(ownBins.requests[0]).toMatchObject({ path: "/bins/abc", query: `filter='a'&b="<>"` });
});

test("a bin's configured delay applies, up to the endpoint's timeout", async () => {
  const clock = new HandDrivenClock();
  await using slow = buildSender({ clock, ownBins: buildBins({ status: 200, delayMs: 1500 }) });
  const answered = slow.send(buildAttempt({ url, timeoutSeconds: 2 }));
  await expect.poll(() => clock.sleeping).toBe(1);
  await clock.advance(1500);
  expect(await answered).toMatchObject({ kind: "answered", latencyMs: 1500 });

  await using slower = buildSender({ clock, ownBins: buildBins({ status: 200, delayMs: 2000 }) });
  const timedOut = slower.send(buildAttempt({ url, timeoutSeconds: 2 }));
  await expect.poll(() => clock.sleeping).toBe(1);
  await clock.advance(2000);
  expect(await timedOut).toMatchObject({ kind: "timed-out", afterSeconds: 2, phase: "answer" });
});

test("a deleted bin responds with 404", async () => {
  await using sender = buildSender({ ownBins: buildBins(undefined) });
  expect(await sender.send(buildAttempt({ url }))).toMatchObject({ kind: "answered", status: 404 });
});
