import { expect, test, vi } from "vitest";
import type { Endpoint } from "../../api/endpoints.ts";
import { exampleDelivery } from "../../testing/examples.ts";
import { click, fill, tick, findButton } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { endpointSettings } from "./endpoint-draft.ts";

const crm = {
  id: 5,
  name: "crm",
  url: "https://crm.example/in",
  url_masked: "https://crm.example/in",
  description: null,
  active: true,
  event_types: ["*"],
  provider_actions: true,
  all_actors: true,
  format: "json",
  headers: {},
  retry_waits_seconds: [5, 300],
  success: "2xx",
  timeout_seconds: 15,
  max_in_flight: null,
  max_per_second: null,
  ordering: "account",
  include_credentials: false,
  state: "enabled",
  disabled_reason: null,
  held_until: null,
  held_after_restore: false,
  previous_secret_until: null,
  created_at: "2026-03-01T09:00:00.000Z",
  updated_at: "2026-03-01T09:00:00.000Z",
} satisfies Partial<Endpoint>;

const none = { data: [], next: null };

/** Fakes a server with an endpoint that can be deleted. */
function serverWithCrm() {
  let isThere = true;
  const server: Server = {
    "GET /api/v1/endpoints": () => [200, { data: isThere ? [crm] : [], next: null }],
    "GET /api/v1/endpoints/5": () => (isThere ? [200, crm] : [404, { title: "Nothing is there.", code: "not-found" }]),
    "PATCH /api/v1/endpoints/5": () => [200, crm],
    "POST /api/v1/endpoints": () => [201, crm],
    "DELETE /api/v1/endpoints/5": () => {
      isThere = false;
      return [204, undefined];
    },
    "GET /api/v1/event_types": () => [200, { data: [] }],
    "GET /api/v1/deliveries": () => [200, none],
    "GET /api/v1/failures": () => [200, none],
    "GET /api/v1/replays": () => [200, none],
  };
  return { server, remove: () => (isThere = false), restore: () => (isThere = true) };
}

test("rotating the secret again says that the one before stops immediately, which a first rotation does not", async () => {
  let previous_secret_until: string | null = null;
  const server: Server = {
    ...serverWithCrm().server,
    "GET /api/v1/endpoints/5": () => [200, { ...crm, previous_secret_until }],
    "POST /api/v1/endpoints/5/rotate_secret": () => {
      previous_secret_until = "2026-03-02T09:00:00.000Z";
      return [200, { secret: "whsec_new" }];
    },
  };
  const text = () => document.querySelector("[role=dialog]")?.textContent;
  showPage("/endpoints/5?tab=secret", server);
  await click("Rotate");
  await waitFor(() => expect(text()).toContain("both sign every request for 24 hours"));
  expect(text()).not.toContain("stops immediately");
  document.querySelector<HTMLElement>("[role=dialog] footer button")?.click();
  await says("The previous secret also signs until");
  await click("Rotate");
  await waitFor(() => expect(text()).toContain("stops immediately"));
});

test("an endpoint that was deleted elsewhere disappears from its page, which links back", async () => {
  const { server, remove } = serverWithCrm();
  const page = showPage("/endpoints/5?tab=settings", server);
  await says("Save endpoint");
  remove();
  await page.queries.invalidateQueries({ queryKey: ["endpoints"] });
  await says("Not found");
  expect(shown()).not.toContain("Save endpoint");
  expect(document.querySelector("h1")?.textContent).toBe("Endpoint not found");
  await click("Go to the endpoints");
  await says("No endpoints yet");
});

test("the URL of a new endpoint is marked as required", async () => {
  showPage("/endpoints/new", serverWithCrm().server);
  await says("Create endpoint");
  expect(document.querySelector<HTMLInputElement>("#url")?.required).toBe(true);
  expect(document.querySelector("label[for=url]")?.textContent).toContain("*");
});

test("an edit that is made while others are saved stays in the form", async () => {
  const { server } = serverWithCrm();
  showPage("/endpoints/5?tab=settings", {
    ...server,
    "PATCH /api/v1/endpoints/5": () => {
      void fill("description", "Typed meanwhile");
      return [200, crm];
    },
  });
  await fill("name", "CRM");
  await click("Save endpoint");
  await says("The endpoint was updated");
  expect(document.querySelector<HTMLInputElement>("#description")?.value).toBe("Typed meanwhile");
});

test("an event that a colleague selects while others are edited stays selected", async () => {
  const { server } = serverWithCrm();
  let event_types = ["account.created", "account.updated"];
  const types = ["account.created", "account.updated", "account.deleted", "user.created"];
  const page = showPage("/endpoints/5?tab=settings", {
    ...server,
    "GET /api/v1/endpoints/5": () => [200, { ...crm, event_types }],
    "GET /api/v1/event_types": () => [
      200,
      { data: types.map((type) => ({ type, label: type, group: "All", switch: null, interfaces: [] })) },
    ],
  });
  await tick("user.created");
  await tick("account.updated");
  event_types = [...event_types, "account.deleted"];
  await page.queries.invalidateQueries({ queryKey: ["endpoints"] });
  await waitFor(() => expect(document.querySelector<HTMLInputElement>("#account\\.deleted")?.checked).toBe(true));
  await click("Save endpoint");
  await says("The endpoint was updated");
  expect(page.askedFor("PATCH /api/v1/endpoints/5").map(({ body }) => body)).toEqual([
    { event_types: ["account.created", "account.deleted", "user.created"] },
  ]);
});

test("settings that a colleague saves meanwhile survive, and an edited one is replaced only by saving again", async () => {
  const { server } = serverWithCrm();
  let saved = { ...crm, description: "", event_types: ["account.created"] };
  const types = ["account.created", "account.deleted", "user.created"];
  const page = showPage("/endpoints/5?tab=settings", {
    ...server,
    "GET /api/v1/endpoints/5": () => [200, saved],
    "GET /api/v1/event_types": () => [
      200,
      { data: types.map((type) => ({ type, label: type, group: "All", switch: null, interfaces: [] })) },
    ],
  });
  await tick("user.created");
  await fill("description", "For sales");
  saved = { ...saved, description: "For billing", event_types: ["account.created", "account.deleted"] };

  await click("Save endpoint");
  await says("was changed to “For billing” by somebody else. Save again to replace that");
  expect(page.askedFor("PATCH /api/v1/endpoints/5")).toEqual([]);
  expect(document.querySelector<HTMLInputElement>("#description")?.value).toBe("For sales");

  await click("Save endpoint");
  await says("The endpoint was updated");
  expect(page.askedFor("PATCH /api/v1/endpoints/5").map(({ body }) => body)).toEqual([
    { description: "For sales", event_types: ["account.created", "account.deleted", "user.created"] },
  ]);
});

test("an edit of a change that the page showed before is saved at once, and leaves its tab open", async () => {
  const { server } = serverWithCrm();
  let saved = { ...crm, description: "" };
  const page = showPage("/endpoints/5?tab=settings", { ...server, "GET /api/v1/endpoints/5": () => [200, saved] });
  await says("Save endpoint");
  saved = { ...saved, description: "For billing" };
  await page.queries.invalidateQueries({ queryKey: ["endpoints"] });
  await waitFor(() => expect(document.querySelector<HTMLInputElement>("#description")?.value).toBe("For billing"));
  await fill("description", "For sales");
  await click("Save endpoint");
  await says("The endpoint was updated");
  expect(page.askedFor("PATCH /api/v1/endpoints/5").map(({ body }) => body)).toEqual([{ description: "For sales" }]);
  expect(page.address()).toBe("/endpoints/5?tab=settings");
});

test('an invalid endpoint id in the address shows "Not found", not an error', async () => {
  showPage("/endpoints/abc", {
    "GET /api/v1/endpoints/NaN": () => [422, { title: "Wrong.", code: "invalid", errors: { id: ["must be integer"] } }],
    "GET /api/v1/event_types": () => [200, { data: [] }],
  });
  await says("Not found");
  expect(shown()).toContain("Go to the endpoints");
});

test("a deleted endpoint disappears from the loaded list", async () => {
  const page = showPage("/endpoints", serverWithCrm().server);
  await says("crm.example");
  await click("crm");
  await says("Attempts per");
  await click("Delete");
  await says("Delete crm?");
  await click("Delete");
  await waitFor(() => expect(page.address()).toBe("/endpoints"));
  await says("No endpoints yet");
});

test("a deletion that ends after its page was left calls nobody back", async () => {
  const isAnswered = Promise.withResolvers<void>();
  const { server, remove } = serverWithCrm();
  const page = showPage("/endpoints/5?tab=secret", {
    ...server,
    "DELETE /api/v1/endpoints/5": async () => {
      await isAnswered.promise;
      remove();
      return [204, undefined];
    },
  });
  await says("Signing secret");
  await click("Delete");
  await says("Delete crm?");
  await click("Delete");
  await page.router.navigate({ to: "/bins" });
  await says("Request bins");
  isAnswered.resolve();
  await says("The endpoint crm was deleted");
  await waitFor(() => expect(page.queries.isFetching()).toBe(0));
  expect(page.address()).toBe("/bins");
});

test("a deletion leads to the list even if the stream reports it before the dialog is done", async () => {
  const read = Promise.withResolvers<void>();
  const { server } = serverWithCrm();
  const page = showPage("/endpoints/5?tab=secret", {
    ...server,
    "GET /api/v1/deliveries": async () => {
      if (page.askedFor("DELETE /api/v1/endpoints/5").length > 0) await read.promise;
      return [200, none];
    },
  });
  await says("Signing secret");
  await click("Delete");
  await says("Pending deliveries: 0");
  await click("Delete");
  await waitFor(() => expect(page.askedFor("DELETE /api/v1/endpoints/5")).toHaveLength(1));
  await page.queries.invalidateQueries({ queryKey: ["endpoints", 5] });
  await says("Not found");
  read.resolve();
  await waitFor(() => expect(page.address()).toBe("/endpoints"));
});

test.each(["overview", "deliveries", "test"])(
  "the tab %s shows the URL, and that the endpoint is not active",
  async (tab) => {
    const { server } = serverWithCrm();
    showPage(`/endpoints/5?tab=${tab}`, {
      ...server,
      "GET /api/v1/endpoints/5": () => [200, { ...crm, active: false }],
    });
    await says("The endpoint is not active");
    expect(shown()).toContain("https://crm.example/in");
    await click("Activate it in its settings");
    await says("Save endpoint");
  },
);

test("the deliveries of an endpoint do not repeat its name", async () => {
  const { server } = serverWithCrm();
  const data = [{ ...exampleDelivery, endpoint_name: "crm" }];
  showPage("/endpoints/5?tab=deliveries", { ...server, "GET /api/v1/deliveries": () => [200, { data, next: null }] });
  await says(exampleDelivery.account_name);
  const titles = [...document.querySelectorAll("th")].map(({ textContent }) => textContent);
  expect(titles).toEqual(["Event", "Account", "State", "Last response", "Attempts", "When"]);
});

test("the tab in the address is scrolled into view, and the first Tab key starts at the top of the page", async () => {
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function (this: HTMLElement) {
    return this.role === "tablist" ? new DOMRect(0, 0, 300, 40) : new DOMRect(400, 0, 80, 40);
  });
  const jump = vi.spyOn(HTMLElement.prototype, "scrollIntoView");
  showPage("/endpoints/5?tab=test", serverWithCrm().server);
  await says("Send test event");
  expect(document.querySelector("[role=tablist]")?.scrollLeft).toBe(290);
  expect(jump).not.toHaveBeenCalled();
});

test("an undo while the list is fetched for the first time brings the endpoint back into it", async () => {
  const { server, restore } = serverWithCrm();
  const list = server["GET /api/v1/endpoints"];
  const read = Promise.withResolvers<void>();
  const undone = Promise.withResolvers<void>();
  const { router } = showPage("/endpoints/5", {
    ...server,
    "GET /api/v1/endpoints": async (asked) => {
      const answer = list?.(asked) ?? [404, {}];
      read.resolve();
      await undone.promise;
      return answer;
    },
    "POST /api/v1/endpoints/5/undo_delete": () => {
      restore();
      return [200, crm];
    },
  });
  await says("Delete");
  await click("Delete");
  await says("Delete crm?");
  await click("Delete");
  await waitFor(() => expect(router.state.location.pathname).toBe("/endpoints"));
  await read.promise;
  await click("Undo");
  await says("The endpoint crm is back");
  undone.resolve();
  await waitFor(() => expect(document.querySelector("td[data-label=Name] a")?.textContent).toBe("crm"));
});

test("a filter by a deleted endpoint is marked as deleted", async () => {
  showPage("/deliveries?endpoint_id=9", serverWithCrm().server);
  await says("Endpoint: 9, deleted");
  expect(shown()).toContain("Clear filters");
});

test("emptied waits show an error beside their field, and are not sent", async () => {
  const page = showPage("/endpoints/5?tab=settings", serverWithCrm().server);
  await says("Save endpoint");
  await fill("retry_waits_seconds", "");
  await says("Enter “none” for no retry");
  expect(shown()).not.toContain("No retry");
  await click("Save endpoint");
  expect(page.askedFor("PATCH /api/v1/endpoints/5")).toEqual([]);

  await fill("retry_waits_seconds", "none");
  await says("No retry");
  await click("Save endpoint");
  await waitFor(() => expect(page.askedFor("PATCH /api/v1/endpoints/5")).toHaveLength(1));
  expect(page.askedFor("PATCH /api/v1/endpoints/5")[0]?.body).toEqual({ retry_waits_seconds: [] });
});

test("all invalid fields of a new endpoint are marked at once, and none before an attempt to save; a pasted space is none", async () => {
  const invalid = () => [...document.querySelectorAll("main [aria-invalid=true]")].map(({ id }) => id);
  const page = showPage("/endpoints/new", serverWithCrm().server);
  await says("Create endpoint");
  await fill("max_in_flight", "1001");
  await fill("description", "a".repeat(2001));
  expect(invalid()).toEqual(["description", "max_in_flight"]);
  await click("Create endpoint");
  await says("Must be a valid URL");
  expect(invalid()).toEqual(["name", "url", "description", "max_in_flight"]);
  expect(document.activeElement?.id).toBe("name");

  await fill("name", "a".repeat(256));
  await fill("description", "😀".repeat(2000));
  await says("must not have more than 255 characters");
  expect(invalid()).toEqual(["name", "url", "max_in_flight"]);
  await fill("name", "crm");
  await fill("url", " https://crm.example/in ");
  await fill("max_in_flight", "10");
  await click("Create endpoint");
  await waitFor(() => expect(page.askedFor("POST /api/v1/endpoints")).toHaveLength(1));
  expect(page.askedFor("POST /api/v1/endpoints")[0]?.body).toMatchObject({ url: "https://crm.example/in" });
});

test("a limit that is not a number is an error, not an empty limit", async () => {
  const page = showPage("/endpoints/5?tab=settings", serverWithCrm().server);
  await fill("max_in_flight", "1e");
  await says("Enter a whole number from 1 to 1000");
  expect([...document.querySelectorAll("main [type=number]")]).toEqual([]); // whose value is empty for “1e”
  await fill("max_in_flight", " ");
  await click("Save endpoint");
  await says("The endpoint was updated");
  expect(page.askedFor("PATCH /api/v1/endpoints/5").map(({ body }) => body)).toEqual([{ max_in_flight: null }]);
});

test("emptied waits of a new endpoint are not sent, so the defaults of its format apply", async () => {
  const page = showPage("/endpoints/new", serverWithCrm().server);
  await says("Create endpoint");
  await fill("name", "crm");
  await fill("url", "https://crm.example/in");
  await fill("retry_waits_seconds", "5s");
  await fill("retry_waits_seconds", "");
  await says("If empty: 10 attempts within 3.1 days");
  await click("Create endpoint");
  await waitFor(() => expect(page.askedFor("POST /api/v1/endpoints")).toHaveLength(1));
  expect(page.askedFor("POST /api/v1/endpoints")[0]?.body).not.toHaveProperty("retry_waits_seconds");
});

test("a paused receiver is reported on the endpoint's page", async () => {
  const { server } = serverWithCrm();
  const heldEndpoint = { ...crm, held_until: new Date(Date.now() + 600_000).toISOString() };
  showPage("/endpoints/5", { ...server, "GET /api/v1/endpoints/5": () => [200, heldEndpoint] });
  await waitFor(() => expect(shown()).toContain("Deliveries are paused for a while"));
});

test("an endpoint held after a restore shows the reason and the command that resumes deliveries", async () => {
  const { server } = serverWithCrm();
  showPage("/endpoints/5", {
    ...server,
    "GET /api/v1/endpoints/5": () => [200, { ...crm, held_after_restore: true }],
  });
  await waitFor(() => expect(shown()).toContain("Deliveries are held: the database was restored"));
  expect(shown()).toContain("bellwire resume --after-restore");
});

test("an error is shown in the dialog that ran the action", async () => {
  const { server } = serverWithCrm();
  showPage("/endpoints/5", {
    ...server,
    "DELETE /api/v1/endpoints/5": () => [503, { title: "The database is away." }],
  });
  await says("Attempts per");
  await click("Delete");
  await says("Delete crm?");
  await click("Delete");
  await waitFor(() => expect(document.querySelector("[role=dialog]")?.textContent).toContain("The database is away."));
});

test("an invalid time of a replay is reported beside its field, and nothing is counted or sent", async () => {
  const page = showPage("/endpoints/5?tab=deliveries", serverWithCrm().server);
  await click("Replay…");
  await waitFor(() => expect(page.askedFor("POST /api/v1/replays")).toHaveLength(1));
  await fill("until", "2020-01-01T09:00:00");
  await waitFor(() => expect(document.getElementById("until-hint")?.textContent).toContain("later than “Events from”"));
  await fill("since", "2999-01-01T09:00:00");
  await waitFor(() => expect(document.getElementById("since-hint")?.textContent).toContain("Must be in the past"));
  expect(document.querySelector<HTMLButtonElement>("[role=dialog] [type=submit]")?.disabled).toBe(true);
  expect(page.askedFor("POST /api/v1/replays")).toHaveLength(1);
});

/** Inputs whose id is not the setting's name, and the hint of headers, whose inputs have none. */
const otherIds: Readonly<Record<string, string>> = {
  event_types: "events_all",
  headers: "headers-hint",
  ordering: "ordering_none",
};
/** Settings that a button of the page sets. */
const withoutInput = ["state"];

test("the form of a new endpoint has an input for each setting", async () => {
  showPage("/endpoints/new", serverWithCrm().server);
  await says("Timeout in seconds");
  const missing = Object.keys(endpointSettings).filter((name) => !document.getElementById(otherIds[name] ?? name));
  expect(missing).toEqual(withoutInput);
});

test("an endpoint that cannot be decrypted shows the repair, and cannot be enabled", async () => {
  const { server } = serverWithCrm();
  const reason = "Its settings cannot be decrypted: it was encrypted with another BELLWIRE_SECRET_KEY (7f3a91c0).";
  const broken: Partial<Endpoint> = { ...crm, url: "", state: "undecryptable", disabled_reason: reason };
  showPage("/endpoints/5", { ...server, "GET /api/v1/endpoints/5": () => [200, broken] });
  await says(reason);
  expect(shown()).toContain("enter the URL and the custom headers again");
  expect(shown()).not.toContain("Enable");
});

test("a page with input asks before another one replaces it, and a look at another tab keeps it without a question", async () => {
  const question = "Leave without saving?";
  const page = showPage("/endpoints/5?tab=settings", serverWithCrm().server);
  await fill("description", "Contacts");
  await click("Test");
  await says("Send test event");
  expect(shown()).not.toContain(question);

  await click("Request bins");
  await says(question);
  expect(page.address()).toMatch(/^\/endpoints\/5/);
  await click("Stay on this page");
  await waitFor(() => expect(shown()).not.toContain(question));
  expect(document.querySelector<HTMLInputElement>("#description")?.value).toBe("Contacts");

  page.router.history.push("/jobs");
  await says(question);
  await click("Discard changes");
  await waitFor(() => expect(page.address()).toBe("/jobs"));
});

test("without input, and after it was saved or cancelled, a page is left without a question", async () => {
  const page = showPage("/endpoints/5?tab=settings", serverWithCrm().server);
  await fill("description", "Contacts");
  await click("Save endpoint");
  await says("The endpoint was updated");
  await click("Endpoints");
  await waitFor(() => expect(page.address()).toBe("/endpoints"));

  await page.router.navigate({ to: "/endpoints/new" });
  await fill("name", "billing");
  await click("Cancel");
  await waitFor(() => expect(page.address()).toBe("/endpoints"));
});

test("the page of a deleted endpoint is left without a question about its input", async () => {
  const page = showPage("/endpoints/5?tab=settings", serverWithCrm().server);
  await fill("description", "Contacts");
  await click("Delete");
  await says("Delete crm?");
  await click("Delete");
  await waitFor(() => expect(page.address()).toBe("/endpoints"));
});

test("a button whose ping is under way keeps the focus", async () => {
  const ping = () => new Promise<never>(() => undefined);
  showPage("/endpoints/5?tab=test", { ...serverWithCrm().server, "POST /api/v1/endpoints/5/ping": ping });
  await click("Ping!");
  await waitFor(() => expect(findButton("Pinging...").matches(":disabled")).toBe(false));
});
