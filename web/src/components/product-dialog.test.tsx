import { expect, test } from "vitest";
import { exampleProduct } from "../testing/examples.ts";
import { click, fill, showInPortal } from "../testing/show-in-portal.tsx";
import { waitFor } from "../testing/wait-for.ts";
import { ProductDialog } from "./product-dialog.tsx";

test("the rules of a product are shown and changed", async () => {
  const { changes } = showInPortal(<ProductDialog product={exampleProduct} onClose={() => undefined} />, {
    answers: {
      "GET services/7": [200, { service: exampleProduct }],
      "PUT services/7": [200, { service: exampleProduct }],
    },
  });
  await fill("buyer_plan_change_permission", "direct");
  const rules = [...document.querySelectorAll<HTMLInputElement>("[role=dialog] input[type=checkbox]")];
  for (const rule of rules) {
    expect([rule.id, rule.checked]).toEqual([rule.id, Reflect.get(exampleProduct, rule.id)]);
    rule.click();
  }
  await click("Save");

  await waitFor(() => expect(changes()).toHaveLength(1));
  expect(changes()).toEqual([
    {
      request: "PUT services/7",
      body: {
        buyer_plan_change_permission: "direct",
        buyers_manage_apps: false,
        buyer_can_select_plan: true,
        buyer_key_regenerate_enabled: false,
        buyers_manage_keys: false,
        custom_keys_enabled: false,
        mandatory_app_key: false,
        referrer_filters_required: true,
      },
    },
  ]);
});

test("the headings of the dialog skip no level", async () => {
  showInPortal(<ProductDialog product={exampleProduct} onClose={() => undefined} />, { answers: {} });
  await waitFor(() => {
    const headings = [...document.querySelectorAll("[role=dialog] :is(h1, h2, h3, h4)")];
    expect(headings.map(({ tagName }) => tagName)).toEqual(["H1", "H2", "H2", "H2"]);
  });
});

test("an edit can be saved only after a change", async () => {
  showInPortal(<ProductDialog product={exampleProduct} onClose={() => undefined} />, { answers: {} });
  const save = () => document.querySelector<HTMLButtonElement>("[role=dialog] [type=submit]");
  await waitFor(() => expect(save()?.disabled).toBe(true));
  await fill("name", "Berths");
  expect(save()?.disabled).toBe(false);
});

test("a name that somebody else saves meanwhile is replaced only by saving again", async () => {
  const { changes } = showInPortal(<ProductDialog product={exampleProduct} onClose={() => undefined} />, {
    answers: {
      "GET services/7": [200, { service: { ...exampleProduct, name: "Quays" } }],
      "PUT services/7": [200, { service: exampleProduct }],
    },
  });
  await fill("name", "Berths");
  await click("Save");
  const hint = () => document.getElementById("name-hint")?.textContent;
  await waitFor(() => expect(hint()).toContain("was changed to “Quays” by somebody else. Save again"));
  expect(changes()).toEqual([]);
  await click("Save");
  await waitFor(() => expect(changes()).toEqual([{ request: "PUT services/7", body: { name: "Berths" } }]));
});
