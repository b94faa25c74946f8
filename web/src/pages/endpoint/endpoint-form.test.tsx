import { expect, test } from "vitest";
import { click, fill } from "../../testing/show-in-portal.tsx";
import { type Server, says, showPage, shown } from "../../testing/show-page.tsx";
import { waitFor } from "../../testing/wait-for.ts";

const server: Server = {
  "GET /api/v1/event_types": () => [200, { data: [] }],
  "GET /api/v1/endpoints": () => [200, { data: [], next: null }],
};

/** Opens the form of a new endpoint whose creation is refused, and fills in its name and URL. */
async function fillForm(refusal: readonly [status: number, body: unknown]) {
  const page = showPage("/endpoints/new", { ...server, "POST /api/v1/endpoints": () => refusal });
  await fill("name", "CRM");
  await fill("url", "https://crm.example/hook");
  return page;
}

const invalidLabels = (): readonly (string | null)[] =>
  [...document.querySelectorAll("[aria-invalid=true]")].map((input) => input.id || input.getAttribute("aria-label"));

async function typeHeader(name: string, value: string): Promise<void> {
  await click("Add a header");
  for (const [part, text] of Object.entries({ Name: name, Value: value })) {
    const inputs = [...document.querySelectorAll(`[aria-label^="${part} of header"]`)];
    const last = inputs.at(-1);
    if (last) last.id = `${part}-${inputs.length}`;
    await fill(`${part}-${inputs.length}`, text);
  }
}

test("a name that was corrected after the server refused it is not called taken", async () => {
  const page = await fillForm([409, { title: "The name is taken." }]);
  await click("Create endpoint");
  await says("is taken by another endpoint");
  await fill("timeout_seconds", "0");
  await click("Create endpoint");
  expect(invalidLabels()).toEqual(["name", "timeout_seconds"]);
  await fill("name", "Billing");
  await waitFor(() => expect(shown()).not.toContain("is taken by another endpoint"));
  expect(invalidLabels()).toEqual(["timeout_seconds"]);
  expect(page.askedFor("POST /api/v1/endpoints")).toHaveLength(1);
});

test("a new header has the focus in its name, so that it can be typed", async () => {
  showPage("/endpoints/new", server);
  await says("Add a header");
  for (const number of [1, 2]) {
    await click("Add a header");
    expect(document.activeElement?.getAttribute("aria-label")).toBe(`Name of header ${number}`);
  }
});

test.each([
  ['"X B" is not a valid header name: use letters, digits, - and _', "Name-2"],
  ["X B is set by Bellwire", "Name-2"],
  ["X B has an invalid value: use printable ASCII, spaces and tabs", "Value-2"],
  ["contains the same name twice", "Name-1"],
])("a refused header gets the focus: %s", async (error, expectedId) => {
  await fillForm([422, { title: "Not valid.", errors: { headers: [error] } }]);
  await typeHeader("X-A", "1");
  await typeHeader("X B", "2");
  document.getElementById("url")?.focus(); // the added header had the focus
  await click("Create endpoint");
  await waitFor(() =>
    expect(document.getElementById("headers-hint")?.textContent?.toLowerCase()).toContain(error.toLowerCase()),
  );
  await waitFor(() => expect(document.activeElement?.id).toBe(expectedId));
  await fill("Value-2", "3");
  await waitFor(() => expect(invalidLabels()).toEqual([]));
});

test.each([
  ["json", true],
  ["chat", false],
])("after an endpoint of the format %s was created, a button leads to its secret: %s", async (format, isOffered) => {
  const page = await fillForm([201, { id: 5, name: "CRM", format }]);
  await click("Create endpoint");
  await says("The endpoint was created");
  expect(shown().includes("Show the signing secret")).toBe(isOffered);
  if (!isOffered) return;
  await click("Show the signing secret");
  await waitFor(() => expect(page.address()).toBe("/endpoints/5?tab=secret"));
});
