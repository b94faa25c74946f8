import { expect, test } from "vitest";
import { exampleEvent } from "../testing/examples.ts";
import { click } from "../testing/show-in-portal.tsx";
import { says, showPage, shown } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";

const closed = ["webhooks", "deliveries", "mails", "team", "products", "settings"];
const session = {
  role: "member" as const,
  pages: new Map([["accounts", true] as const, ...closed.map((place) => [place, false] as const)]),
};

test("an object that does not exist says so in the title of its page", async () => {
  showPage("/endpoints/7", { "GET /api/v1/event_types": () => [200, { data: [] }] });
  await says("Endpoint not found");
  await waitFor(() => expect(document.title).toBe("Endpoint not found | Bellwire"));
});

test("a page that the server could not load appears as soon as the server responds again", async () => {
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

test("a page without permission says so in its title, and leads to the pages that the member may open", async () => {
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
