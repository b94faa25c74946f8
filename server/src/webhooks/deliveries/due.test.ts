import { expect, test } from "vitest";
import { Horizon } from "./due.ts";

const sample = (at: string, oldestRunning: bigint, nextToStart: bigint) => ({ at, oldestRunning, nextToStart });

/** Advances a horizon by one sample and returns its time. */
function after(horizon: Horizon, next: ReturnType<typeof sample>): string {
  horizon.advance(next);
  return horizon.at;
}

test("without a running transaction, a cursor may reach the sample's time", () => {
  expect(after(new Horizon(), sample("12:00", 7n, 7n))).toBe("12:00");
});

test("a cursor stays before the time when a running transaction may have begun", () => {
  const horizon = new Horizon();
  horizon.advance(sample("12:00", 7n, 7n));
  expect(after(horizon, sample("12:01", 7n, 9n))).toBe("12:00");
  expect(after(horizon, sample("12:02", 7n, 12n))).toBe("12:00");
});

test("a cursor advances when the transactions of a sample have ended, while newer ones run", () => {
  const horizon = new Horizon();
  horizon.advance(sample("12:01", 7n, 9n));
  horizon.advance(sample("12:02", 7n, 12n));
  expect(after(horizon, sample("12:03", 9n, 15n))).toBe("12:01");
  expect(after(horizon, sample("12:04", 13n, 16n))).toBe("12:02");
});

test("after 10,000 samples during one transaction the horizon still advances to the newest sample", () => {
  const horizon = new Horizon();
  for (let second = 0; second < 10_000; second += 1)
    horizon.advance(sample(`before ${second}`, 7n, 8n + BigInt(second)));
  expect(after(horizon, sample("after", 20_000n, 20_000n))).toBe("after");
});
