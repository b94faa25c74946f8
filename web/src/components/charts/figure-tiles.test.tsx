import { expect, test } from "vitest";
import { outcomeChart } from "./attempt-charts.tsx";
import { pointsChange, relativeChange } from "./figure-tiles.tsx";
import { describePoints } from "./sparkline.tsx";
import { lonePoints } from "./time-chart.tsx";
import { rangeBefore, readTimeSpanSearch } from "./time-span.ts";

test("a rise is good or bad depending on the figure", () => {
  expect(relativeChange(150, 100, "bad")).toEqual({ text: "50 %", direction: "up", meaning: "bad" });
  expect(relativeChange(50, 100, "bad")).toEqual({ text: "50 %", direction: "down", meaning: "good" });
  expect(relativeChange(354, 1, "bad").text).toBe("354 times");
  expect(relativeChange(100, 100, "bad")).toMatchObject({ direction: "same", meaning: "neutral" });
  expect(pointsChange(0.95, 0.997)).toEqual({ text: "4.7 points", direction: "down", meaning: "bad" });
  expect(pointsChange(0.96, 0.95).text).toBe("1 point");
});

test("no change is shown against a span without data", () => {
  expect(relativeChange(5, 0, "bad").text).toBeUndefined();
  expect(relativeChange(5, undefined, "bad").text).toBeUndefined();
  expect(pointsChange(0.9, null).text).toBeUndefined();
});

test("a chart shows the outcomes that occurred, and always successes", () => {
  const series = (outcome: "2xx" | "5xx" | "tls", attempts: number) => ({
    group: { outcome },
    total: { attempts },
    points: [{ at: "2026-11-27T09:00:00.000Z", attempts }],
  });
  const chart = outcomeChart({
    interval: "minute",
    since: "2026-11-27T09:00:00.000Z",
    until: "2026-11-27T09:01:00.000Z",
    series: [series("tls", 0), series("5xx", 3), series("2xx", 0)],
  });
  expect(chart.totals).toEqual([
    { outcome: "2xx", attempts: 0 },
    { outcome: "5xx", attempts: 3 },
  ]);
  expect(chart.points[0]?.values).toEqual({ "2xx": 0, "5xx": 3 });
});

test("a point without neighbours is drawn as a dot, since no line leads to it", () => {
  const points = [null, 5, null, 6, 7, null, 0].map((value) => ({ at: new Date(0), values: { p50: value } }));
  expect(lonePoints(points, "p50")).toEqual([
    { index: 1, value: 5 },
    { index: 6, value: 0 },
  ]);
});

test("a sparkline has the same figures as text", () => {
  expect(
    describePoints([
      { delivered: 3, failed: 1 },
      { delivered: 4000, failed: 0 },
    ]),
  ).toBe("Last hour: 4,003 delivered, 1 failed");
  expect(describePoints([])).toBe("Last hour: no attempts");
});

test("the previous span has the same length, and unknown spans in the address are ignored", () => {
  const [since, until] = [new Date("2026-11-27T09:00:00Z"), new Date("2026-11-27T10:00:00Z")];
  expect(rangeBefore({ since, until })).toEqual({ since: new Date("2026-11-27T08:00:00Z"), until: since });
  expect(readTimeSpanSearch({ span: "90d" })).toEqual({ span: "90d" });
  expect(readTimeSpanSearch({ span: "2y" })).toEqual({});
});
