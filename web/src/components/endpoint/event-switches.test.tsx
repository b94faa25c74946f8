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

test("only an event that cannot fire shows a reason", () => {
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
  ["an event of developers can always fire", { interfaces: ["developer_portal", "admin_portal", "api"] }, off, true],
  ["an event of admins cannot fire while their actions are excluded", byAdminsOnly, off, false],
  [
    "an event of admins can fire once their actions are included",
    byAdminsOnly,
    { ...off, provider_actions: true },
    true,
  ],
  ["an event of admins can fire once all actors are included", byAdminsOnly, { ...off, all_actors: true }, true],
  [
    "an event of the Admin Portal alone cannot fire through the provider key",
    { interfaces: ["admin_portal"] },
    { ...off, all_actors: true },
    false,
  ],
  [
    "an event without an interface cannot fire",
    { interfaces: [] },
    { provider_actions: true, all_actors: true },
    false,
  ],
] as const)("%s", (_guarantee, { interfaces }, settings, canFire) => {
  expect(blockedReason({ type: "account.created", interfaces: [...interfaces] }, settings) === undefined).toBe(canFire);
});

test("the reason names the setting that would change it", () => {
  expect(blockedReason({ type: "account.created", interfaces: ["api"] }, off)).toBe(
    "Cannot fire while actions in the admin portal do not trigger webhooks",
  );
});
