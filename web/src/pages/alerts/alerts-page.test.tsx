import { expect, test } from "vitest";
import { describeRule, shownThreshold, storedThreshold } from "../../api/alerts.ts";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const alert = {
  id: 97,
  endpoint_id: 5,
  endpoint_name: "crm",
  kind: "success_rate",
  state: "open",
  value: 0.43,
  threshold: 0.5,
  sentence: "43 % of the attempts in the last 15 minutes succeeded. The limit is 50 %.",
  opened_at: "2026-03-01T09:00:00.000Z",
  closed_at: null,
  muted: false,
  muted_until: null,
  muted_by: null,
} as const;

const rule = {
  id: 96,
  endpoint_id: null,
  kind: "latency_p95",
  threshold: 10_000,
  clear_threshold: 5000,
  for_seconds: 900,
  clear_for_seconds: 900,
  min_attempts: 20,
  is_enabled: true,
  by_mail: true,
  created_at: "2026-03-01T09:00:00.000Z",
  updated_at: "2026-03-01T09:00:00.000Z",
} as const;

function show(alerts: readonly object[]) {
  return showPage("/alerts", {
    "GET /api/v1/alerts": ({ query }) => [200, { data: query.get("state") === "open" ? alerts : [], next: null }],
    "GET /api/v1/alert-rules": () => [200, { data: [rule] }],
    "GET /api/v1/endpoints": () => [200, { data: [], next: null }],
    "POST /api/v1/alerts/97/mute": () => [200, { ...alert, muted: true }],
    "PATCH /api/v1/alert-rules/96": () => [
      422,
      { code: "invalid", errors: { clear_threshold: ["must not be higher than the threshold"] } },
    ],
    "POST /api/v1/alert-rules": () => [201, rule],
  });
}

test("a rule is deleted after a question with its consequence, and rules of one kind have different names", async () => {
  const rules = [rule, { ...rule, id: 98, endpoint_id: 5 }];
  const page = showPage("/alerts", {
    "GET /api/v1/alerts": () => [200, { data: [], next: null }],
    "GET /api/v1/alert-rules": () => [200, { data: rules }],
    "GET /api/v1/endpoints": () => [200, { data: [{ id: 5, name: "crm" }], next: null }],
    "DELETE /api/v1/alert-rules/98": () => [204, undefined],
  });
  await waitFor(() =>
    expect(document.querySelectorAll("[aria-label$=' (95th percentile), all endpoints']")).toHaveLength(1),
  );
  await click("Actions for Slow responses (95th percentile), crm");
  await click("Delete");
  await says("Delete the rule “Slow responses (95th percentile)” of crm?");
  expect(page.askedFor("DELETE /api/v1/alert-rules/98")).toHaveLength(0);
  await click("Delete");
  await says("The rule was deleted");
  expect(page.askedFor("DELETE /api/v1/alert-rules/98")).toHaveLength(1);
});

test("an open alert is shown in a banner and in the list, and can be muted for a day", async () => {
  const page = show([alert]);
  await says(alert.sentence);
  expect(shown()).toContain("crm: low success rate.");
  await click("Actions for crm, Low success rate");
  await click("Mute for a day");
  const [sent] = await waitFor(() => {
    const requests = page.askedFor("POST /api/v1/alerts/97/mute");
    expect(requests).toHaveLength(1);
    return requests;
  });
  const until = Object(sent?.body).until;
  expect(Math.round((Date.parse(until) - Date.now()) / 3_600_000)).toBe(24);
});

test("a muted alert has no banner, and says who muted it and until when", async () => {
  show([{ ...alert, muted: true, muted_by: "mira", muted_until: "2026-11-24T15:42:10.000Z" }]);
  await says("Low success rate: muted");
  expect(shown()).toContain("Muted by mira until 24 Nov 2026, 15:42:10 UTC.");
  expect(shown()).not.toContain("Show the alert");
});

test("rules are edited in the units of the page, and a threshold's error is shown beside its field", async () => {
  const page = show([]);
  await says("Opens above 10,000\u00A0ms for 15 minutes.");
  await click("Actions for Slow responses (95th percentile), all endpoints");
  await click("Edit");
  await fill("clear_threshold", "20000");
  await fill("for_seconds", "2");
  await click("Save");
  await says("must not be higher than the threshold");
  expect(page.askedFor("PATCH /api/v1/alert-rules/96")[0]?.body).toEqual({ clear_threshold: 20_000, for_seconds: 120 });
});

test("a threshold that somebody else saves meanwhile is replaced only by saving again, and other edits survive", async () => {
  const sent: unknown[] = [];
  let saved: object = rule;
  showPage("/alerts", {
    "GET /api/v1/alerts": () => [200, { data: [], next: null }],
    "GET /api/v1/alert-rules": () => [200, { data: [saved] }],
    "GET /api/v1/endpoints": () => [200, { data: [], next: null }],
    "PATCH /api/v1/alert-rules/96": ({ body }) => [200, { ...rule, sent: sent.push(body) }],
  });
  await click("Actions for Slow responses (95th percentile), all endpoints");
  await click("Edit");
  await fill("threshold", "8000");
  saved = { ...rule, threshold: 9000, for_seconds: 60 };
  await click("Save");
  const hint = () => document.getElementById("threshold-hint")?.textContent;
  await waitFor(() => expect(hint()).toContain("was changed to “9000” by somebody else. Save again"));
  expect(sent).toEqual([]);
  await click("Save");
  await says("The rule was changed");
  expect(sent).toEqual([{ threshold: 8000 }]);
});

test("a new rule is for all endpoints, unless one is chosen", async () => {
  const page = show([]);
  await click("Add a rule");
  await fill("kind", "disabled");
  await click("Add");
  await waitFor(() =>
    expect(page.askedFor("POST /api/v1/alert-rules")[0]?.body).toMatchObject({
      kind: "disabled",
      endpoint_id: null,
      threshold: null,
      clear_threshold: null,
    }),
  );
});

test("thresholds are shown in their units and stored exactly", () => {
  expect(shownThreshold("success_rate", 0.999)).toBe("99.9");
  expect(storedThreshold("success_rate", "50")).toBe(0.5);
  expect(storedThreshold("oldest_waiting", "60")).toBe(3600);
  expect(storedThreshold("oldest_waiting", "soon")).toBeUndefined();
  expect(describeRule({ ...rule, kind: "disabled", threshold: null, clear_threshold: null, for_seconds: 0 })).toBe(
    "Opens at once. Closes after a recovery for 15 minutes.",
  );
});
