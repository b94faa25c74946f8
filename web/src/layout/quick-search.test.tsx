import { flushSync } from "react-dom";
import { expect, test } from "vitest";
import { exampleEvent } from "../testing/examples.ts";
import { click } from "../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../testing/show-page.tsx";
import { waitFor } from "../testing/wait-for.ts";

const harbours = [
  { kind: "account", id: "4", title: "Harbour & Sons", detail: "approved", account_id: 4 },
  { kind: "user", id: "9", title: "harbour-mira", detail: "mira@harbour.example", account_id: 4 },
  { kind: "endpoint", id: "7", title: "harbour crm", detail: "https://crm.example/in", account_id: null },
];
const server: Server = {
  "GET /api/v1/search": ({ query }) => [200, { data: query.get("q") === "harbour" ? harbours : [] }],
};

const input = (): HTMLInputElement => {
  const found = document.querySelector<HTMLInputElement>("[role=combobox]");
  if (!found) throw new Error("The search is not open.");
  return found;
};
const press = (key: string, options: KeyboardEventInit = {}): void => {
  const target = document.querySelector("[role=combobox]") ?? document.body;
  flushSync(() => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...options })));
};

async function type(text: string): Promise<void> {
  const control = await waitFor(input);
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(control, text);
  flushSync(() => control.dispatchEvent(new Event("input", { bubbles: true })));
}

/** The entry that screen readers announce. */
const announced = (): string | null | undefined =>
  document.getElementById(input().getAttribute("aria-activedescendant") ?? "")?.textContent;

async function open(session = {}) {
  const page = showPage("/nowhere", server, session);
  await says("There is no such page");
  press("k", { ctrlKey: true });
  return page;
}

test("objects are found by one request, and opened with the keyboard alone", async () => {
  const page = await open();
  await type("harbour");
  await waitFor(() => expect(announced()).toContain("Harbour & Sons"));
  expect(page.askedFor("GET /api/v1/search")).toHaveLength(1);
  press("ArrowDown");
  press("ArrowDown");
  await waitFor(() => expect(announced()).toContain("harbour crm"));
  press("ArrowUp");
  press("Enter");
  await waitFor(() => expect(page.address()).toBe("/accounts/4/users/9"));
  expect(document.querySelector("[role=combobox]")).toBeNull();
});

test("a member who may not search the lists is told that nothing was found", async () => {
  await open({ role: "member", pages: new Map(["accounts", "deliveries", "events"].map((page) => [page, false])) });
  await type("nobody");
  await says("Nothing was found.");
  expect(shown()).not.toContain("Search in lists");
  await type("");
  await waitFor(() => expect(shown()).not.toContain("Nothing was found."));
});

test("keys that are pressed before the search has loaded are searched, and not those of the time before", async () => {
  const page = await open();
  for (const key of "harbour") press(key);
  await waitFor(() => expect(announced()).toContain("Harbour & Sons"));
  expect(input().value).toBe("harbour");
  await waitFor(() => expect(document.activeElement).toBe(input()));
  await waitFor(() => expect([input().selectionStart, input().selectionEnd]).toEqual([7, 7]));
  press("k", { ctrlKey: true });
  press("k", { ctrlKey: true });
  expect((await waitFor(input)).value).toBe("");
  expect(page.address()).toBe("/nowhere");
});

test.each([
  ["within a composition", { isComposing: true }],
  ["after it, as Safari sends it", { keyCode: 229 }],
])("the Enter that accepts a word of an input method opens nothing: %s", async (_when, options) => {
  const page = await open();
  await type("harbour");
  await waitFor(() => expect(announced()).toContain("Harbour & Sons"));
  press("Enter", options);
  expect(input().value).toBe("harbour");
  expect(page.address()).toBe("/nowhere");
  press("Enter");
  await waitFor(() => expect(page.address()).toBe("/accounts/4"));
});

test("an event id finds the list of its deliveries", async () => {
  const page = await open();
  await type(exampleEvent.id);
  await says("Deliveries of this event");
  await waitFor(() => expect(announced()).toBe("Deliveries of this event"));
  press("Enter");
  await waitFor(() => expect(page.address()).toBe(`/deliveries?event_id=${exampleEvent.id}`));
});

test("pages are found by synonyms, and a text can be searched in the lists", async () => {
  const page = await open();
  await type("dead letter");
  await waitFor(() => expect(announced()).toContain("Failures"));
  press("End");
  press("ArrowUp");
  press("ArrowUp");
  await waitFor(() => expect(announced()).toBe("Deliveries with “dead letter”"));
  press("Enter");
  await waitFor(() => expect(page.address()).toBe("/deliveries?q=dead+letter"));
});

test("a member finds only pages that the member may open", async () => {
  const pages = new Map(["deliveries", "failures", "events", "attempts", "webhooks"].map((page) => [page, false]));
  await open({ role: "member", pages });
  await type("deliveries");
  await says("Accounts with");
  expect(shown()).not.toContain("Deliveries with");
});

test("a failed search shows an error and still finds pages", async () => {
  showPage("/nowhere", { "GET /api/v1/search": () => [500, {}] });
  await says("There is no such page");
  press("k", { ctrlKey: true });
  await type("dead letter");
  await says("could not be searched");
  expect(announced()).toContain("Failures");
});

test("the button of the masthead opens the search, and Ctrl-K closes the search", async () => {
  await open();
  await waitFor(input);
  press("k", { ctrlKey: true });
  await waitFor(() => expect(document.querySelector("[role=combobox]")).toBeNull());
  await click("Search Ctrl K");
  expect(await waitFor(input)).toBeTruthy();
});

test("Enter before the results of a text have come opens the first of them, not one of the text before", async () => {
  const quay = { ...harbours[0], id: "5", title: "Quay Books" };
  const { promise, resolve: respond } = Promise.withResolvers<void>();
  const page = showPage("/nowhere", {
    "GET /api/v1/search": async ({ query }) => {
      if (query.get("q") === "harbour") return [200, { data: harbours }];
      await promise;
      return [200, { data: [quay] }];
    },
  });
  await says("There is no such page");
  press("k", { ctrlKey: true });
  await type("harbour");
  await waitFor(() => expect(announced()).toContain("Harbour & Sons"));
  await type("quay");
  press("Enter");
  await waitFor(() => expect(page.askedFor("GET /api/v1/search")).toHaveLength(2));
  expect(page.address()).toBe("/nowhere");
  respond();
  await waitFor(() => expect(page.address()).toBe("/accounts/5"));
});
