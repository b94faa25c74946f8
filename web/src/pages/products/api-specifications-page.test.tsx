import { expect, test } from "vitest";
import type { ListedSpecification, Specification } from "../../api/products.ts";
import { exampleProduct } from "../../testing/examples.ts";
import { type Answers, click, fill, showInPortal } from "../../testing/show-in-portal.tsx";
import { waitFor } from "../../testing/wait-for.ts";
import { ApiSpecificationsPage, SpecificationCard } from "./api-specifications-page.tsx";

const tides: ListedSpecification = {
  id: 91,
  product_id: 7,
  system_name: "tides",
  name: "Tides",
  description: "By the sea",
  published: false,
  version: "3.0",
  updated_at: "2026-03-01T09:00:00Z",
};
const winds = { ...tides, id: 92, product_id: null, name: "Winds", published: true, version: "2.0" };

const whole: Specification = {
  id: 91,
  system_name: "tides",
  name: "Tides",
  published: false,
  skip_swagger_validations: false,
  body: '{"openapi":"3.0.3"}',
  service_id: 7,
  created_at: "2026-03-01T09:00:00Z",
  updated_at: "2026-03-01T09:00:00Z",
};

const listed: Answers = {
  "GET api_specifications": [200, { data: [tides, winds] }],
  "GET services": [200, { services: [{ service: { ...exampleProduct, id: 7, name: "Ferries" } }] }],
  "GET active_docs/91": [200, { api_doc: whole }],
};

const may = { allowedActions: new Set(["change-specifications"]) };

const show = (answers: Answers = {}, session = may, page = <ApiSpecificationsPage />) =>
  showInPortal(page, { answers: { ...listed, ...answers }, session });

const rows = () => [...document.querySelectorAll("tbody tr")].map(({ textContent }) => textContent);

test("each specification has its state, format and product, and a product's page has its own only", async () => {
  show();
  await waitFor(() => {
    expect(rows()[0]).toMatch(/Tides.*Hidden.*OpenAPI\s3\.0.*Ferries/);
    expect(rows()[1]).toMatch(/Winds.*Published.*Swagger\s2\.0.*None/);
  });
  show({}, may, <SpecificationCard productId={7} />);
  await waitFor(() => expect(rows()).toEqual([expect.stringContaining("Tides")]));
});

test("a specification is published, and deleted after a question", async () => {
  const { changes } = show({ "PUT active_docs/91": [200, {}], "DELETE active_docs/91": [200, ""] });
  await click("Actions for Tides");
  await click("Publish");
  await click("Actions for Tides");
  await click("Delete");
  await click("Delete");
  await waitFor(() =>
    expect(changes()).toEqual([
      { request: "PUT active_docs/91", body: { published: true } },
      { request: "DELETE active_docs/91" },
    ]),
  );
});

test("a new specification has the text of a chosen file and what was typed while it was read, and a rejected one shows what is wrong with it", async () => {
  const errors = { body: ["JSON Spec is invalid", "/info must have required property 'title'"] };
  const { changes } = show({ "POST active_docs": [422, { errors }] });
  await click("Add a specification");
  await fill("service_id", "7");
  const input = document.querySelector<HTMLInputElement>("#body-file");
  const read = Promise.withResolvers<string>();
  Object.defineProperty(input, "files", { value: [{ text: () => read.promise }] });
  input?.dispatchEvent(new Event("change", { bubbles: true }));
  await fill("name", "Ferries");
  read.resolve('{"openapi":"3.1.0"}');
  await waitFor(() => expect(document.querySelector<HTMLTextAreaElement>("#body")?.value).toBe('{"openapi":"3.1.0"}'));
  await click("Add");
  const body = { name: "Ferries", service_id: "7", body: '{"openapi":"3.1.0"}' };
  await waitFor(() => expect(changes()).toEqual([{ request: "POST active_docs", body }]));
  await waitFor(() => expect(document.querySelector("#body-hint")?.textContent).toContain("required property 'title'"));
});

test("an edit sends only what was changed", async () => {
  const { changes } = show({ "PUT active_docs/91": [200, { api_doc: whole }] });
  await click("Actions for Tides");
  await click("Edit");
  await waitFor(() => expect(document.querySelector<HTMLTextAreaElement>("#body")?.value).toBe(whole.body));
  await fill("service_id", "");
  await click("Save");
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT active_docs/91", body: { service_id: "" } }]));
});

test("a user who may not change specifications can only preview them", async () => {
  show({}, { allowedActions: new Set() });
  await click("Actions for Tides");
  await waitFor(() => expect(document.body.textContent).toContain("Preview"));
  expect(document.body.textContent).not.toMatch(/Publish$|Edit|Delete|Add a specification/);
});

test("an empty list suggests to add one, only to a user who may", async () => {
  const none: Answers = { "GET api_specifications": [200, { data: [] }] };
  show(none);
  await waitFor(() => expect(document.body.textContent).toContain("Add one, and developers can read"));
  show(none, { allowedActions: new Set() });
  await waitFor(() => expect(document.body.textContent).toContain("There are no API specifications"));
  expect(document.body.textContent).not.toContain("Add one");
});
