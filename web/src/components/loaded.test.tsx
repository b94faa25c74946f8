import { onlineManager } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { expect, onTestFinished, test } from "vitest";
import { ProductsPage } from "../pages/products/products-page.tsx";
import { ServerAway } from "../api/api-problem.ts";
import { mount } from "../testing/in-portal.tsx";
import { Loaded, TableSkeleton, lazyPart } from "./loaded.tsx";
import { exampleEvent } from "../testing/examples.ts";
import { type Answer, click, showInPortal } from "../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";

const closed = ["webhooks", "deliveries", "mails", "team", "products", "settings"];
const session = {
  role: "member" as const,
  pages: new Map([["accounts", true] as const, ...closed.map((place) => [place, false] as const)]),
};

test.each([
  ["/endpoints/7", "Endpoint", "Go to the endpoints"],
  ["/deliveries/7", "Delivery", "Go to the deliveries"],
  ["/events/7", "Event", "Go to the events"],
  ["/accounts/7", "Account", "Go to the accounts"],
  ["/accounts/7/applications/7", "Application", "Go to the applications"],
  ["/products/7", "Product", "Go to the products"],
])("the page %s of a missing object has “not found” in its title, and leads to the list", async (path, kind, back) => {
  showPage(path, { "GET /api/v1/event_types": () => [200, { data: [] }] });
  await says(`${kind} not found`);
  await says(back);
  await waitFor(() => expect(document.title).toBe(`${kind} not found | Bellwire`));
});

test.each([
  ["/accounts/7/history", "Account"],
  ["/accounts/7/applications/7/history", "Application"],
  ["/accounts/7/users/7", "User"],
])("the page %s of an object that never was says so", async (path, kind) => {
  showPage(path, {});
  await waitFor(() => expect(document.title).toBe(`${kind} not found | Bellwire`));
});

const times = { created_at: "2026-03-01T09:00:00Z", updated_at: "2026-03-01T09:00:00Z" };
const quay = { id: 4, org_name: "Quay Books", state: "approved", ...times };

test.each([
  ["/applications", ["of all accounts, of the products in your permissions", "can give you more products"]],
  ["/products", ["The products in your permissions", "Your permissions include no product"]],
  ["/api-specifications", ["There are no API specifications of the products in your permissions"]],
  ["/accounts/4", ["no applications of the products in your permissions", "to no product in your permissions"]],
  ["/products/7", ["or it belongs to a product that is not in your permissions"]],
  ["/accounts/4/applications/7", ["or it belongs to a product that is not in your permissions"]],
])("%s says that a member limited to some products sees only these", async (path, texts) => {
  const server: Server = {
    "GET /admin/api/applications.json": () => [200, { applications: [] }],
    "GET /admin/api/accounts/4.json": () => [200, { account: quay }],
    "GET /admin/api/accounts/4/applications.json": () => [200, { applications: [] }],
    "GET /admin/api/accounts/4/service_subscriptions.json": () => [200, { service_subscriptions: [] }],
    "GET /admin/api/services.json": () => [200, { services: [] }],
    "GET /api/v1/api_specifications": () => [200, { data: [] }],
  };
  showPage(path, server, { role: "member", seesEveryProduct: false });
  await waitFor(() => expect(texts.filter((text) => !shown().includes(text))).toEqual([]));
});

test("while a list is loading, screen readers read so once", () => {
  mount(<TableSkeleton of="events" />);
  expect(shown().match(/Loading events/g)).toHaveLength(1);
});

test("a page that failed to load can be retried once the server responds again", async () => {
  let isAway = true;
  showPage("/events", {
    "GET /api/v1/events": () => (isAway ? [502, {}] : [200, { data: [exampleEvent], next: null }]),
  });
  await says("The server cannot be reached");
  isAway = false;
  await click("Try now");
  await says("Harbour & Sons");
  expect(shown()).not.toContain("cannot be reached");
});

test("without a network a page says so, and opens as soon as there is one", async () => {
  onlineManager.setOnline(false);
  onTestFinished(() => onlineManager.setOnline(true));
  const answers: Record<string, Answer> = { "GET services": "lost" };
  showInPortal(<ProductsPage />, { answers });
  await says("The server cannot be reached");
  answers["GET services"] = [200, { services: [] }];
  onlineManager.setOnline(true);
  await waitFor(() => expect(shown()).not.toContain("cannot be reached"));
});

test("while a page tries again, it goes on saying that the server is away", async () => {
  const attempts = [{ error: new ServerAway() }, { error: null }, { error: null, data: "Ships" }];
  function Page() {
    const [attempt, setAttempt] = useState(0);
    const query = { data: undefined, error: null, refetch: () => setAttempt(attempt + 1), ...attempts[attempt] };
    return (
      <Loaded query={query} skeleton="Loading">
        {(data: string) => data}
      </Loaded>
    );
  }
  const page = mount(<Page />);
  await click("Try now");
  expect(page.textContent).toContain("The server cannot be reached");
  await click("Try now");
  expect(page.textContent).toBe("Ships");
});

test("a page without permission has “Access denied” in its title and links to the permitted pages", async () => {
  const page = showPage("/deliveries", {}, session);
  await says("Access denied");
  await waitFor(() => expect(document.title).toBe("Access denied | Bellwire"));
  await click("Pages you can open");
  await waitFor(() => expect(page.address()).toBe("/"));
  await says("You can open these pages");
  const main = [...document.querySelectorAll("main a")].map((element) => element.textContent);
  expect(main).toEqual(expect.arrayContaining(["Accounts", "Access tokens", "Personal settings"]));
  for (const title of ["Products", "General settings", "Emails"]) expect(main).not.toContain(title);
});

test("a part whose file is gone after an update is replaced alone, and the input of the page stays", async () => {
  const Part = lazyPart(
    () => Promise.reject(new TypeError("Failed to fetch dynamically imported module")),
    () => <p>Reload the page.</p>,
  );
  const page = mount(
    <>
      <input aria-label="Name" />
      <Suspense>
        <Part />
      </Suspense>
    </>,
  );
  const input = page.querySelector("input");
  if (input) input.value = "crm";
  await says("Reload the page.");
  expect(page.querySelector("input")?.value).toBe("crm");
});

test("every part that is loaded later has a replacement", () => {
  const sources = import.meta.glob<string>("../**/*.tsx", { query: "?raw", import: "default", eager: true });
  const lazy = Object.entries(sources).filter(([path, source]) => !path.includes(".test.") && /\blazy\(/.test(source));
  expect(lazy.map(([path]) => path)).toEqual(["./loaded.tsx"]);
});
