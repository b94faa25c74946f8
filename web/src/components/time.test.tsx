import { expect, onTestFinished, test, vi } from "vitest";
import { createQueryClient } from "../api/bellwire-client.ts";
import { SessionContext } from "../api/session.tsx";
import { exampleSession } from "../testing/examples.ts";
import { InPortal, mount } from "../testing/in-portal.tsx";
import { When, describeDistance, describeLatency, describeMoment } from "./time.tsx";

const now = new Date("2026-11-24T12:00:00Z");

test.each([
  ["2026-11-24T11:59:58Z", "now"],
  ["2026-11-24T11:59:20Z", "40 seconds ago"],
  ["2026-11-24T11:58:01Z", "1 minute ago"],
  ["2026-11-24T12:00:45Z", "in 45 seconds"],
  ["2026-11-22T12:01:00Z", "1 day ago"],
  ["2026-11-26T11:59:00Z", "in 1 day"],
  ["2026-11-20T11:00:00Z", "4 days ago"],
])("%s is described as %s", (at, distance) => {
  expect(describeDistance(new Date(at), now)).toBe(distance);
});

test("a time is shown in the provider's time zone", () => {
  expect(describeMoment(now, "Asia/Tokyo")).toContain("21:00:00");
});

test("an unknown time zone falls back to UTC", () => {
  expect(describeMoment(now, "Pacific Time (US & Canada)")).toMatch(/12:00:00 UTC/);
});

test.each([
  [0, "< 1 ms"],
  [1, "1 ms"],
  [999, "999 ms"],
  [1240, "1.2 s"],
  [60_000, "60 s"],
])("a latency of %d ms is described as %s", (ms, words) => {
  expect(describeLatency(ms)).toBe(words);
});

test("a time renders again only when its text changes", async () => {
  vi.useFakeTimers({ now, toFake: ["setInterval", "clearInterval", "Date"] });
  onTestFinished(() => void vi.useRealTimers());
  let renders = 0;
  const session = {
    ...exampleSession,
    /** Read once by each rendering. */
    get timeZone() {
      renders += 1;
      return "UTC";
    },
  };
  const place = mount(
    <InPortal queries={createQueryClient()}>
      <SessionContext value={session}>
        <When at="2026-11-24T11:58:30Z" />
      </SessionContext>
    </InPortal>,
  );
  const rendersAfter = async (seconds: number): Promise<number> => {
    const before = renders;
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return renders - before;
  };
  expect([place.textContent, await rendersAfter(29)]).toEqual(["1 minute ago", 0]);
  expect([await rendersAfter(2), place.textContent]).toEqual([1, "2 minutes ago"]);
});
