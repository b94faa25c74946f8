import { expect, test } from "vitest";
import type { Application } from "../../api/applications.ts";
import { type Answers, click, fill, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { ApplicationActions, planSteps } from "./application-actions.tsx";

const application = (state: Application["state"]): Application => ({
  id: 8,
  name: "Ferry times",
  state,
  enabled: true,
  account_id: 4,
  org_name: "Quay Books",
  service_id: 7,
  service_name: "Ferries",
  plan_id: 3,
  plan_name: "Basic (custom)",
  created_at: "2026-03-01T09:00:00Z",
  updated_at: "2026-03-01T09:00:00Z",
  first_traffic_at: null,
  first_daily_traffic_at: null,
  links: [],
});
const at = "accounts/4/applications/8";
const answers: Answers = {
  "GET services/7/application_plans": [200, { plans: [{ application_plan: { id: 1, name: "Basic" } }] }],
  [`PUT ${at}/suspend`]: [200, {}],
  [`PUT ${at}/decustomize_plan`]: [200, {}],
  [`DELETE ${at}`]: [200, {}],
  "POST applications/8/reject": [204, undefined],
};

const dialog = () => document.querySelector("[role=dialog]")?.textContent;

test.each([
  ["Suspend", `PUT ${at}/suspend`, "until you resume it"],
  ["Return to the standard plan", `PUT ${at}/decustomize_plan`, "cannot be restored"],
  ["Delete", `DELETE ${at}`, "cannot be restored"],
])("%s requires confirmation, and the dialog names the consequences", async (title, request, expectedText) => {
  const { changes } = showInPortal(<ApplicationActions application={application("live")} />, { answers });
  await waitFor(async () => {
    if (!document.querySelector("[role=menuitem]")) await click("Actions");
    expect(document.body.textContent).toContain(title);
  });
  await click(title);
  await waitFor(() => expect(dialog()).toContain(expectedText));
  expect(dialog()).toContain("get a webhook");
  expect(changes()).toEqual([]);
  await click(title);
  await waitFor(() => expect(changes().map((each) => each.request)).toEqual([request]));
});

test("rejecting an application sends the entered reason", async () => {
  const { changes } = showInPortal(<ApplicationActions application={application("pending")} />, { answers });
  await click("Actions");
  await click("Reject");
  await fill("reason", "No such ferry.");
  await click("Reject");
  await waitFor(() =>
    expect(changes()).toEqual([{ request: "POST applications/8/reject", body: { reason: "No such ferry." } }]),
  );
});

const plansForAll = [{ id: 1 }, { id: 2 }];
const offered = (planId: number, plans?: typeof plansForAll) =>
  planSteps({ plan_id: planId }, plans).map(({ operation }) => operation);

test("a shared plan can be customized, and only a customized plan can be reverted", () => {
  expect(offered(2, plansForAll)).toEqual(["customize_plan"]);
  expect(offered(3, plansForAll)).toEqual(["decustomize_plan"]);
});

test("no plan operation is offered while the plans load", () => {
  expect(offered(2)).toEqual([]);
});
