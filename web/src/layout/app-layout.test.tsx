import { QueryClient } from "@tanstack/react-query";
import { RouterProvider, createMemoryHistory } from "@tanstack/react-router";
import { flushSync } from "react-dom";
import { expect, test, vi } from "vitest";
import { SessionProvider, holdSession } from "../api/session.tsx";
import { createAppRouter } from "../router.tsx";
import { exampleProduct, exampleSession } from "../testing/examples.ts";
import { InPortal, mount } from "../testing/in-portal.tsx";
import { click, fill } from "../testing/show-in-portal.tsx";
import { says, showPage, shown } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";

/** Shows the page of a product to a member, who can lose the permission for it. */
function showProductToMember() {
  let isAllowed = true;
  vi.stubGlobal("fetch", async ({ url }: Request) => {
    if (!isAllowed) return Response.json({ error: "Access denied" }, { status: 403 });
    if (url.endsWith("_plans.json")) return Response.json({ plans: [] });
    if (url.endsWith("/metrics.json")) return Response.json({ metrics: [] });
    return url.includes("/services/")
      ? Response.json({ service: exampleProduct })
      : new Response("{}", { status: 404 });
  });
  const present = holdSession({
    ...exampleSession,
    role: "member",
    allowedActions: new Set(["change-products", "change-plans"]),
  });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createAppRouter(createMemoryHistory({ initialEntries: ["/products/7"] }));
  mount(
    <InPortal queries={queries}>
      <SessionProvider present={present}>
        <RouterProvider router={router} />
      </SessionProvider>
    </InPortal>,
  );
  return {
    router,
    loseAction: (): void => flushSync(() => present.replace({ ...present.read(), allowedActions: new Set() })),
    /** All that the page has loaded is refused from now on, too. */
    losePage: async (): Promise<void> => {
      isAllowed = false;
      flushSync(() => present.replace({ ...present.read(), pages: new Map([["products", false]]) }));
      await queries.invalidateQueries();
      await new Promise((resolve) => setTimeout(resolve)); // the queries notify their components one turn later
    },
  };
}

const typed = (id: string): string | undefined => document.querySelector<HTMLInputElement>(`#${id}`)?.value;

const lost = "You are no longer allowed to use this page";

test("a page without input is replaced when its permission is lost", async () => {
  const { losePage } = showProductToMember();
  await says("Application plans");
  await losePage();
  await says("Access denied");
  expect(shown()).not.toContain("Application plans");
});

test.each([
  ["Create a plan", "Gold"],
  ["Edit", "Ships"],
])("the input of “%s” stays when the permission for its page is lost, and leaves with the page", async (open, name) => {
  const { losePage, loseAction, router } = showProductToMember();
  await click(open);
  await fill("name", name);
  loseAction();
  expect(typed("name")).toBe(name);

  await losePage();
  await says(lost);
  expect(typed("name")).toBe(name);

  void router.navigate({ to: "/products" });
  await click("Discard changes");
  await says("Access denied");
  await waitFor(() => expect([typed("name"), shown().includes(lost)]).toEqual([undefined, false]));
});

test("the page leaves with the dialog that had the input", async () => {
  const { losePage } = showProductToMember();
  await click("Create a plan");
  await fill("name", "Gold");
  await losePage();
  await says(lost);
  await click("Cancel");
  await waitFor(() => expect(shown()).not.toContain("Application plans"));
  expect(shown()).toContain("Access denied");
});

const ignoredTitle = "Parts of the address were ignored";

test.each([
  ["accounts?state=bogus", "“state=bogus”"],
  ["deliveries?state=failed,bogus&since=nonsense", "“state=bogus”, “since=nonsense”"],
  ["mails?account_id=x&stat=sent", "“account_id=x”, “stat=sent”"],
])("the parts of an opened address that its page does not know are named: %s", async (address, named) => {
  const page = showPage(`/${address}`, {});
  await says(ignoredTitle);
  expect(shown()).toContain(named);
  page.router.history.push("/events");
  await waitFor(() => expect(shown()).not.toContain(ignoredTitle));
});

test.each([
  "accounts?state=pending&page=1",
  "deliveries?state=failed,pending&since=-1h&q=",
  "endpoints/7?tab=overview",
  `events?q=${"harbour ".repeat(40)}`,
  "accounts/4/history?at=2026-03-01T00:00:00Z",
])("an address that its page knows has no warning: %s", async (address) => {
  showPage(`/${address}`, {});
  await waitFor(() => expect(document.querySelector("main h1")).not.toBeNull());
  expect(shown()).not.toContain(ignoredTitle);
});
