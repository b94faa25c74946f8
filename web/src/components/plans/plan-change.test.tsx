import { expect, test } from "vitest";

import { click, fill, refusal, showInPortal, type Answers } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { PlanChange } from "./plan-change.tsx";

const plans = [
  { id: 1, name: "Basic", state: "published" },
  { id: 2, name: "Gold", state: "hidden" },
] as const;
const path = "accounts/4/applications/8/change_plan";

const show = (present: { id: number; name: string }, answers: Answers = { [`PUT ${path}`]: [200, {}] }) =>
  showInPortal(<PlanChange path={path} stale={[]} plans={plans} present={present} />, { answers });

const dialog = () => document.querySelector("[role=dialog]");
const offered = () => [...document.querySelectorAll("#plan_id option")].map((it) => it.textContent);
const submit = () =>
  [...document.querySelectorAll<HTMLButtonElement>("[role=dialog] button")].find(
    ({ textContent }) => textContent === "Change the plan",
  );

test("the present plan is said and not offered, and none is taken that nobody chose", async () => {
  const { changes } = show({ id: 1, name: "Basic" });
  await click("Change plan");
  await waitFor(() => expect(dialog()?.textContent).toContain("Now on Basic."));
  expect(offered()).toEqual(["Choose a plan", "Gold (hidden)"]);
  expect(submit()?.disabled).toBe(true);
  await fill("plan_id", "2");
  await click("Change the plan");
  await waitFor(() => expect(changes()).toEqual([{ request: `PUT ${path}`, body: { plan_id: 2 } }]));
  await waitFor(() => expect(dialog()).toBeNull());
});

test("from a plan of its own an application can go to every other, and it is said that its own is deleted", async () => {
  show({ id: 3, name: "Basic (custom)" });
  await click("Change plan");
  await waitFor(() => expect(dialog()?.textContent).toContain("made for this application alone, and is deleted"));
  expect(offered()).toEqual(["Choose a plan", "Basic", "Gold (hidden)"]);
});

test("a plan that is gone meanwhile is refused beside the choice", async () => {
  show({ id: 1, name: "Basic" }, { [`PUT ${path}`]: [422, { errors: { plan_id: ["is not there"] } }] });
  await click("Change plan");
  await fill("plan_id", "2");
  await click("Change the plan");
  await waitFor(() => expect(refusal()).toContain("could not be changed"));
  expect(document.getElementById("plan_id-hint")?.textContent).toContain("is not there");
});
