import { expect, test } from "vitest";
import type { NotMade } from "#webhooks/attempts/index.ts";
import { Exhaustion } from "./limits.ts";

const noDescriptors: NotMade = { kind: "not-made", code: "EMFILE", resource: "descriptors" };
const noPorts: NotMade = { kind: "not-made", code: "EADDRNOTAVAIL", resource: "ports" };

function build() {
  const warnings: object[] = [];
  const counted: string[] = [];
  const log = {
    warn: (fields: object) => void warnings.push(fields),
    notMade: ({ code }: NotMade) => void counted.push(code),
  };
  return { exhaustion: new Exhaustion(200, log), warnings, counted };
}

/** Returns how many attempts may be in flight. */
function allowed(exhaustion: Exhaustion, nowMs: number): number {
  for (let inFlight = 0; inFlight < 1000; inFlight += 1) if (!exhaustion.allows(inFlight, nowMs)) return inFlight;
  return Number.POSITIVE_INFINITY;
}

test("without exhaustion the attempts in flight are not limited", () => {
  expect(allowed(build().exhaustion, 0)).toBe(Number.POSITIVE_INFINITY);
});

test("after exhaustion no attempt starts for 250 ms, then the former number, and a quarter more every 250 ms", () => {
  const { exhaustion } = build();
  exhaustion.learn(noDescriptors, 40, 1000);
  expect([1000, 1249, 1250, 1499, 1500, 1750].map((ms) => allowed(exhaustion, ms))).toEqual([0, 0, 40, 40, 50, 62]);
});

test("after exhaustion with nothing in flight, one attempt may start, and after six seconds there is no limit", () => {
  const { exhaustion } = build();
  for (const inFlight of [3, 2, 1, 0]) exhaustion.learn(noDescriptors, inFlight, 0);
  expect(allowed(exhaustion, 250)).toBe(1);
  expect(allowed(exhaustion, 6250)).toBe(Number.POSITIVE_INFINITY);
});

test("an exhaustion with more attempts in flight raises no lower limit", () => {
  const { exhaustion } = build();
  for (const inFlight of [5, 40]) exhaustion.learn(noDescriptors, inFlight, 0);
  expect(allowed(exhaustion, 250)).toBe(5);
});

test("exhausted ports for one receiver do not limit other receivers", () => {
  const { exhaustion, counted } = build();
  exhaustion.learn(noPorts, 5, 0);
  expect(allowed(exhaustion, 0)).toBe(Number.POSITIVE_INFINITY);
  expect(counted).toEqual(["EADDRNOTAVAIL"]);
});

test("each exhaustion is counted, and one warning is logged per ten seconds", () => {
  const { exhaustion, warnings, counted } = build();
  for (let ms = 0; ms <= 10_000; ms += 100) exhaustion.learn(noDescriptors, 7, ms);
  expect(counted).toHaveLength(101);
  expect(warnings).toEqual([
    { code: "EMFILE", notMade: 1, inFlight: 7 },
    { code: "EMFILE", notMade: 100, inFlight: 7 },
  ]);
});
