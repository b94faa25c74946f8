import type { Product } from "../api/management/product-queries.ts";

export const exampleProduct: Product = {
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
  annotations: {},
  links: [],
};
