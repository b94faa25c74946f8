import { expect, test, vi } from "vitest";

import type { Product } from "../api/management/product-queries.ts";
import { click, fill, showInPortal } from "../testing/show-in-portal.tsx";
import { ProductDialog } from "./product-dialog.tsx";

const product: Product = {
  id: 7,
  name: "API",
  state: "incomplete",
  system_name: "api",
  backend_version: "2",
  deployment_option: "hosted",
  intentions_required: false,
  buyers_manage_apps: true,
  buyers_manage_keys: true,
  referrer_filters_required: false,
  custom_keys_enabled: true,
  buyer_key_regenerate_enabled: true,
  mandatory_app_key: true,
  buyer_can_select_plan: false,
  buyer_plan_change_permission: "request",
  created_at: "2026-03-01T09:00:00Z",
  updated_at: "2026-03-01T09:00:00Z",
  links: [],
};

test("what developers may do with a product is shown and changed, rule by rule", async () => {
  const { changes } = showInPortal(<ProductDialog product={product} onClose={() => undefined} />, {
    answers: { "PUT services/7": [200, { service: product }] },
  });
  await fill("buyer_plan_change_permission", "direct");
  const rules = [...document.querySelectorAll<HTMLInputElement>("[role=dialog] input[type=checkbox]")];
  for (const rule of rules) {
    expect([rule.id, rule.checked]).toEqual([rule.id, Reflect.get(product, rule.id)]);
    rule.click();
  }
  await click("Save");

  await vi.waitFor(() => expect(changes()).toHaveLength(1));
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
