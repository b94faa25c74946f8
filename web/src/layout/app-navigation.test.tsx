import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  Link,
  RouterProvider,
  createMemoryHistory,
  createRootRoute,
  createRouter,
  useLocation,
} from "@tanstack/react-router";
import { flushSync } from "react-dom";
import { expect, test, vi } from "vitest";
import { ApiContext, createApiClient } from "../api/bellwire-client.ts";
import { SessionContext } from "../api/session.tsx";
import { exampleSession } from "../testing/examples.ts";
import { mount } from "../testing/in-portal.tsx";
import { click, showInPortal } from "../testing/show-in-portal.tsx";
import { says, showPage } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";
import { useFocusOnNewPage } from "./app-layout.tsx";
import { AppNavigation, scrollSidebarTo } from "./app-navigation.tsx";
import { portalSections } from "./portal-pages.ts";

/** The first segments of the paths of all pages, by which the session permits them. */
const everyPlace = portalSections
  .flatMap(({ pages }) => pages)
  .map(({ to }) => to.split("/")[1] ?? "")
  .join(" ");

/** Returns the groups and links that the navigation offers a user with these pages. */
async function offeredTo(open: string): Promise<readonly string[]> {
  const session = {
    ...exampleSession,
    pages: new Map(everyPlace.split(" ").map((place) => [place, open.split(" ").includes(place)])),
  };
  const routeTree = createRootRoute({ component: () => <AppNavigation onGo={() => undefined} /> });
  const router = createRouter({ routeTree, history: createMemoryHistory() });
  const page = mount(
    <SessionContext value={session}>
      <ApiContext value={createApiClient(fetch)}>
        <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ApiContext>
    </SessionContext>,
  );
  await waitFor(() => expect(page.textContent).toContain("Start"));
  return [...page.querySelectorAll(".pf-v6-c-nav__section-title, a")].map((element) => element.textContent.trim());
}

test.each([
  [
    "partners",
    "accounts applications products access-tokens",
    "Start Developers Accounts Applications Products Products Account Settings Access tokens",
  ],
  ["no section", "access-tokens", "Start Account Settings Access tokens"],
])("a member with %s is offered the permitted pages, without empty groups", async (_section, open, offered) => {
  expect((await offeredTo(open)).join(" ")).toBe(offered);
});

test("an admin is offered every page", async () => {
  const start = 1;
  const linkOf3scale = 1;
  expect(await offeredTo(everyPlace)).toHaveLength(
    start + portalSections.length + everyPlace.split(" ").length + linkOf3scale,
  );
});

test("the webhook settings are linked in the section Webhooks and, as in 3scale, under Account Settings", async () => {
  const offered = await offeredTo(everyPlace);
  expect(offered.slice(offered.indexOf("Webhooks"), offered.indexOf("Developers"))).toContain("Settings");
  expect(offered.slice(offered.indexOf("Account Settings"))).toContain("Webhooks");
  const links = [...document.querySelectorAll("a")].filter((link) => link.getAttribute("href") === "/webhooks/edit");
  expect(links.map((link) => link.textContent)).toEqual(["Settings", "Webhooks"]);
});

/** Returns the scroll position, at first 50, of a sidebar from 100 to 500 after scrolling to a link. */
function scrolledFor(top: number, bottom: number): number {
  document.body.innerHTML = `<div class="pf-v6-c-page__sidebar"><a href="/">Audit log</a></div>`;
  const [sidebar, link] = [document.querySelector("div"), document.querySelector("a")];
  if (!sidebar || !link) return Number.NaN;
  sidebar.scrollTop = 50;
  vi.spyOn(sidebar, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 100, 200, 400));
  vi.spyOn(link, "getBoundingClientRect").mockReturnValue(new DOMRect(0, top, 200, bottom - top));
  link.scrollIntoView = () => expect.fail("The first Tab would continue from the link.");
  scrollSidebarTo(link);
  return sidebar.scrollTop;
}

test("the sidebar scrolls to the link of the page, and the first Tab starts at the top of the page", () => {
  expect(scrolledFor(200, 240)).toBe(50);
  expect(scrolledFor(520, 560)).toBe(110);
  expect(scrolledFor(80, 120)).toBe(30);
});

const toggle = () => document.querySelector("[aria-label=Navigation]");
const isOpen = (expected: boolean) =>
  waitFor(() => expect(toggle()?.getAttribute("aria-expanded")).toBe(String(expected)));

const press = (selector: string) =>
  flushSync(() => document.querySelector(selector)?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true })));

async function openOverThePage(): Promise<void> {
  await click("Navigation");
  await isOpen(true);
}

test("on a phone, the navigation closes with Escape and with a tap outside, but not inside", async () => {
  showPage("/nowhere", {});
  await says("There is no such page");
  await isOpen(false);

  await openOverThePage();
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await isOpen(false);
  expect(document.activeElement).toBe(toggle());

  await openOverThePage();
  press("nav");
  await isOpen(true);
  press("main");
  await isOpen(false);
});

/** Two pages, of which the first has a link to the second. */
function TwoPages() {
  const { pathname } = useLocation();
  useFocusOnNewPage();
  return <main tabIndex={-1}>{pathname === "/" ? <Link to="/accounts">Accounts</Link> : <h1>All accounts</h1>}</main>;
}

test("a page that a link of the previous one opened has the focus, but not the first page", async () => {
  showInPortal(<TwoPages />, { answers: {} });
  const link = await waitFor(() => {
    const found = document.querySelector("a");
    if (!found) throw new Error("There is no link yet.");
    return found;
  });
  expect(document.activeElement).toBe(document.body);
  link.focus();
  await click("Accounts");
  await waitFor(() => expect(document.activeElement).toBe(document.querySelector("main")));
});

test("the title of a page that the sidebar opened is announced, and its link keeps the focus", async () => {
  showPage("/jobs", { "GET /api/v1/jobs": () => [200, { data: [], next: null }] });
  await says("No jobs");
  const region = document.querySelector(".pf-v6-screen-reader[role=status]");
  await waitFor(() => expect(region?.textContent).toBe("Jobs"));
  const link = [...document.querySelectorAll("a")].find(({ textContent }) => textContent === "Emails");
  link?.focus();
  await click("Emails");
  await waitFor(() => expect(region?.textContent).toBe("Emails"));
  expect([document.activeElement, region?.isConnected]).toEqual([link, true]);
});

test("a new page begins at its top, going back restores the place, and a filter keeps it", async () => {
  const page = showPage("/events", {
    "GET /api/v1/events": () => [200, { data: [], next: null, searched_until: null }],
    "GET /api/v1/jobs": () => [200, { data: [], next: null }],
  });
  await says("No events yet");
  const main = document.querySelector("main");
  if (!main) throw new Error("There is no main region.");
  const scrollTo = (top: number): void => {
    main.scrollTop = top;
    main.dispatchEvent(new Event("scroll"));
  };
  scrollTo(400);
  await page.router.navigate({ to: "/events", search: { actor: "admin" } });
  await says("No matches");
  expect(main.scrollTop).toBe(400);
  await click("Jobs");
  await says("No jobs");
  await waitFor(() => expect(main.scrollTop).toBe(0));
  page.router.history.back();
  await says("No matches");
  await waitFor(() => expect(main.scrollTop).toBe(400));
});
