import { expect, test, vi } from "vitest";
import type { EventType, EventTypeName } from "../../api/events.ts";
import { mount } from "../../testing/in-portal.tsx";
import { type Choices, EventSwitches, blockedReason } from "./event-switches.tsx";

const types: readonly EventType[] = [
  {
    type: "application.created",
    switch: "application_created_on",
    label: "Application created",
    group: "Applications",
    interfaces: ["developer_portal", "admin_portal", "api"],
  },
  {
    type: "application.suspended",
    switch: "application_suspended_on",
    label: "Application suspended",
    group: "Applications",
    interfaces: ["admin_portal", "api"],
  },
];

function show(changed: Partial<Choices>) {
  const onChange = vi.fn<(switches: ReadonlySet<EventTypeName>) => void>();
  const settings = { provider_actions: false, all_actors: false };
  const page = mount(
    <EventSwitches types={types} settings={{ ...settings, switches: new Set(), ...changed }} onChange={onChange} />,
  );
  const click = (selector: string): void => page.querySelector<HTMLElement>(selector)?.click();
  return { page, click, switchesAfter: () => onChange.mock.lastCall?.[0] };
}

const reason = "Cannot fire while actions in the admin portal do not trigger webhooks";

test("only the event that cannot fire says so", () => {
  const { page } = show({});
  const switches = [...page.querySelectorAll(".pf-v6-c-check")].map((element) => element.textContent);
  expect(switches.filter((text) => text.includes(reason))).toEqual([expect.stringContaining("Application suspended")]);
});

test("the reason disappears with the setting that caused it", () => {
  expect(show({ provider_actions: true }).page.textContent).not.toContain("Cannot fire");
});

test("an event that cannot fire can still be selected", () => {
  const { click, switchesAfter } = show({});
  click("#application_suspended_on");
  expect(switchesAfter()).toEqual(new Set(["application.suspended"]));
});

test("a group is selected and deselected as a whole", () => {
  const off = show({});
  off.click("button[aria-label='All: Applications']");
  expect(off.switchesAfter()).toEqual(new Set(["application.created", "application.suspended"]));

  const on = show({ switches: new Set(["application.created", "application.suspended"]) });
  on.click("button[aria-label='None: Applications']");
  expect(on.switchesAfter()).toEqual(new Set());
});

const off = { provider_actions: false, all_actors: false };
const byAdminsOnly = { interfaces: ["admin_portal", "api"] } as const;

test.each([
  ["what developers cause can always fire", { interfaces: ["developer_portal", "admin_portal", "api"] }, off, true],
  ["what only admins cause cannot fire while their actions do not count", byAdminsOnly, off, false],
  ["what admins cause fires once their actions count", byAdminsOnly, { ...off, provider_actions: true }, true],
  ["the provider key can cause it once all actors count", byAdminsOnly, { ...off, all_actors: true }, true],
  [
    "the provider key does not open the admin portal's door",
    { interfaces: ["admin_portal"] },
    { ...off, all_actors: true },
    false,
  ],
  ["what nothing causes cannot fire", { interfaces: [] }, { provider_actions: true, all_actors: true }, false],
] as const)("%s", (_guarantee, { interfaces }, settings, canFire) => {
  expect(blockedReason({ type: "account.created", interfaces: [...interfaces] }, settings) === undefined).toBe(canFire);
});

test("the reason names the setting that would change it", () => {
  expect(blockedReason({ type: "account.created", interfaces: ["api"] }, off)).toBe(
    "Cannot fire while actions in the admin portal do not trigger webhooks",
  );
});
