import { beforeEach, expect, test, vi } from "vitest";
import type { Settings } from "../../api/settings.ts";
import { type Answer, type Answers, click, fill, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { LimitsSection, SettingsPage } from "./settings-page.tsx";

const settings = {
  useraccountarea_enabled: true,
  hide_service: false,
  signups_enabled: true,
  account_approval_required: false,
  public_search: false,
  account_plans_ui_visible: true,
  service_plans_ui_visible: false,
  change_account_plan_permission: "request",
  change_service_plan_permission: "request",
  enforce_sso: false,
  email_activation: null,
  password_length_min: 12,
  time_zone: "Europe/Oslo",
  web_hooks: "visible",
} as const satisfies Settings & { time_zone: string };

const answers: Answers = { "GET settings": [200, { settings }], "PUT settings": [200, { settings }] };

// Rendering hundreds of options takes a simulated browser seconds.
beforeEach(() => void vi.spyOn(Intl, "supportedValuesOf").mockReturnValue(["Europe/Madrid", "Europe/Oslo"]));

const valueOf = (id: string): string | undefined => document.querySelector<HTMLInputElement>(`#${id}`)?.value;

test("each setting is shown, and only edits are sent", async () => {
  const { changes, renewSession } = showInPortal(<SettingsPage />, { answers });
  await waitFor(() => expect(valueOf("time_zone")).toBe("Europe/Oslo"));
  expect(Object.keys(settings).filter((name) => !document.getElementById(name))).toEqual([]);

  await fill("email_activation", "true");
  await fill("password_length_min", "16");
  document.getElementById("signups_enabled")?.click();
  await click("Save general settings");

  await waitFor(() => expect(renewSession).toHaveBeenCalledOnce());
  expect(changes()).toEqual([
    {
      request: "PUT settings",
      body: { email_activation: true, password_length_min: "16", signups_enabled: false },
    },
  ]);
});

test("an edit that is made while others are saved stays in the form", async () => {
  const { renewSession } = showInPortal(<SettingsPage />, {
    answers: {
      ...answers,
      get "PUT settings"() {
        void fill("password_length_min", "20");
        return answers["PUT settings"] ?? "lost";
      },
    },
  });
  await fill("email_activation", "true");
  await click("Save general settings");
  await waitFor(() => expect(renewSession).toHaveBeenCalledOnce());
  expect(valueOf("password_length_min")).toBe("20");
});

test("the default of the activation by mail can be restored", async () => {
  const saved = { settings: { ...settings, email_activation: false } };
  const { changes } = showInPortal(<SettingsPage />, { answers: { ...answers, "GET settings": [200, saved] } });
  await waitFor(() => expect(valueOf("email_activation")).toBe("false"));
  await fill("email_activation", "");
  await click("Save general settings");
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT settings", body: { email_activation: null } }]));
});

test("a setting that a colleague saves meanwhile is replaced only by saving again", async () => {
  let saved: Settings = settings;
  const { changes } = showInPortal(<SettingsPage />, {
    answers: {
      ...answers,
      get "GET settings"(): Answer {
        return [200, { settings: saved }];
      },
    },
  });
  await fill("time_zone", "Europe/Madrid");
  await fill("password_length_min", "16");
  document.getElementById("signups_enabled")?.click();
  document.getElementById("signups_enabled")?.click();
  saved = { ...settings, time_zone: "UTC", password_length_min: 16, signups_enabled: false };

  await click("Save general settings");
  await waitFor(() => {
    expect(document.getElementById("time_zone-hint")?.textContent).toContain("was changed to “UTC” by somebody else");
    expect(document.body.textContent).toContain("Signups enabled was changed by somebody else.");
  });
  expect(document.getElementById("password_length_min")?.getAttribute("aria-invalid")).toBe("false");
  expect(changes()).toEqual([]);
  await click("Save general settings");
  const body = { time_zone: "Europe/Madrid", password_length_min: "16", signups_enabled: true };
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT settings", body }]));
});

test("an error is shown beside its field", async () => {
  const errors = { time_zone: ["is not a time zone"] };
  showInPortal(<SettingsPage />, { answers: { ...answers, "PUT settings": [422, { errors }] } });
  await fill("time_zone", "UTC");
  await click("Save general settings");
  await waitFor(() => {
    expect(document.getElementById("time_zone-hint")?.textContent).toContain("is not a time zone");
    expect(document.getElementById("time_zone")?.getAttribute("aria-invalid")).toBe("true");
  });
});

test("a member is not offered the switch for webhooks", async () => {
  showInPortal(<SettingsPage />, { answers, session: { role: "member" } });
  await waitFor(() => expect(valueOf("time_zone")).toBe("Europe/Oslo"));
  expect(document.getElementById("web_hooks")).toBeNull();
});

const limits = [
  { name: "endpoints-per-provider", of: "provider", max: 1000, used: 3 },
  { name: "users-per-account", of: "account", max: 1000, used: null },
  { name: "api-specifications-per-provider", of: "provider", max: 1000, used: 0 },
];

test("expanding the limits fetches them with their use", async () => {
  showInPortal(<LimitsSection />, { answers: { "GET limits": [200, { data: limits }] } });
  await waitFor(() => expect(document.body.textContent).toContain("Limits"));
  expect(document.querySelector("table")).toBeNull();
  await click("Limits");
  await waitFor(() => {
    const rows = [...document.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((element) => element.textContent),
    );
    expect(rows).toEqual([
      ["Endpoints per provider", "3", "1,000"],
      ["Users per account", "–", "1,000"],
      ["API specifications per provider", "0", "1,000"],
    ]);
  });
});
