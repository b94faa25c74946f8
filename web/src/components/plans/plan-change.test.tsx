import { expect, test } from "vitest";

import { click, fill, rejection, showInPortal, type Answers } from "../../testing/show-in-portal.tsx";
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
const offered = () => [...document.querySelectorAll("#plan_id option")].map((element) => element.textContent);
const submit = () =>
  [...document.querySelectorAll<HTMLButtonElement>("[role=dialog] button")].find(
    ({ textContent }) => textContent === "Change plan",
  );

test("the present plan is named but not offered, and none is preselected", async () => {
  const { changes } = show({ id: 1, name: "Basic" });
  await click("Change plan");
  await waitFor(() => expect(dialog()?.textContent).toContain("Present plan: Basic."));
  expect(offered()).toEqual(["Choose a plan", "Gold (hidden)"]);
  expect(submit()?.disabled).toBe(true);
  await fill("plan_id", "2");
  await click("Change plan");
  await waitFor(() => expect(changes()).toEqual([{ request: `PUT ${path}`, body: { plan_id: 2 } }]));
  await waitFor(() => expect(dialog()).toBeNull());
});

test("the words beside a name from right to left keep their place", async () => {
  const name = "\u05d6\u05d4\u05d1";
  const hidden = [{ id: 2, name, state: "hidden" }] as const;
  showInPortal(<PlanChange path={path} stale={[]} plans={hidden} present={{ id: 1, name }} />, { answers: {} });
  await click("Change plan");
  await waitFor(() => expect(dialog()?.textContent).toContain(`Present plan: \u2068${name}\u2069.`));
  expect(offered()).toEqual(["Choose a plan", `\u2068${name}\u2069 (hidden)`]);
});

test("an application on a custom plan can change to every plan, with a note that the custom plan is deleted", async () => {
  show({ id: 3, name: "Basic (custom)" });
  await click("Change plan");
  await waitFor(() => expect(dialog()?.textContent).toContain("made for this application alone and will be deleted"));
  expect(offered()).toEqual(["Choose a plan", "Basic", "Gold (hidden)"]);
});

test("an error about a deleted plan is shown beside the select", async () => {
  show({ id: 1, name: "Basic" }, { [`PUT ${path}`]: [422, { errors: { plan_id: ["is not there"] } }] });
  await click("Change plan");
  await fill("plan_id", "2");
  await click("Change plan");
  await waitFor(() => expect(rejection()).toContain("could not be changed"));
  expect(document.getElementById("plan_id-hint")?.textContent).toContain("is not there");
});

test.each([
  ["the plan of an application, also a custom one, leads to its page", 7, ["/products/7/plans/3"]],
  ["the plan of an account has no page", undefined, []],
] as const)("%s", async (_, productId, hrefs) => {
  const present = { id: 3, name: "Basic (custom)" };
  const product = productId === undefined ? {} : { productId };
  showInPortal(<PlanChange path={path} stale={[]} plans={plans} present={present} {...product} />, { answers: {} });
  await waitFor(() => expect(document.body.textContent).toContain("Basic (custom)"));
  expect([...document.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual(hrefs);
});
