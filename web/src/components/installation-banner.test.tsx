import { expect, test } from "vitest";
import { click, showInPortal } from "../testing/show-in-portal.tsx";
import { waitFor } from "../testing/wait-for.ts";
import { InstallationBanner } from "./alert-banner.tsx";

const lost = { kind: "changes_may_be_lost", at: "2026-02-03T04:05:06.789Z", until: "2026-02-04T04:05:06.789Z" };
const held = { kind: "held_after_restore", at: "2026-02-03T04:05:06.789Z", until: null };

const show = (notices: readonly object[], role: "admin" | "member" = "admin") =>
  showInPortal(<InstallationBanner />, { answers: { "GET notices": [200, { data: notices }] }, session: { role } });

test("after a failover, admins see a notice of possible losses with instructions until they close the notice", async () => {
  show([lost]);
  await waitFor(() => expect(document.body.textContent).toContain("Changes from shortly before may be lost"));
  await click("What to do");
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("webhook ids"));
  await click("Close");
  document.querySelector<HTMLButtonElement>("[aria-label='Close this notice']")?.click();
  await waitFor(() => expect(document.body.textContent).not.toContain("may be lost"));

  show([lost, { ...lost, at: "2026-03-03T04:05:06.789Z" }]);
  await waitFor(() => expect(document.body.textContent).toContain("may be lost"));
});

test("the notice of held deliveries comes first and cannot be closed", async () => {
  show([held, lost]);
  await waitFor(() => expect(document.body.textContent).toContain("Deliveries, emails and jobs from before are held"));
  expect(document.querySelector("[aria-label='Close this notice']")).toBeNull();
});

test("members see no notice", async () => {
  show([lost], "member");
  show([lost]);
  await waitFor(() => expect(document.body.textContent.match(/may be lost/g)).toHaveLength(1));
});
