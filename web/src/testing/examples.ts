import type { Delivery } from "../api/deliveries.ts";
import type { Event } from "../api/events.ts";
import type { ListFilter } from "../api/filters.ts";
import type { Product } from "../api/products.ts";
import type { Session } from "../api/session.tsx";

export const exampleEvent: Event = {
  id: "0192f0c1-0000-7000-8000-000000000001",
  type: "account.created",
  object_id: 7,
  account_id: 7,
  account_name: "Harbour & Sons",
  sequence: 1,
  occurred_at: "2026-03-01T09:00:00.000Z",
  actor: { kind: "developer", user_id: 21, name: "mira" },
  channel: "developer_portal",
  erased_at: null,
};

export const exampleDelivery: Delivery = {
  id: `${exampleEvent.id}.1`,
  event_id: exampleEvent.id,
  event_type: "account.created",
  object_id: 7,
  account_id: 7,
  account_name: "Harbour & Sons",
  occurred_at: exampleEvent.occurred_at,
  endpoint_id: 1,
  endpoint_name: "crm",
  state: "pending",
  attempts_made: 0,
  replay: 0,
  next_attempt_at: null,
  ended_at: null,
  last_attempt: null,
};

/** A filter with a value for each parameter of the API. */
export const completeFilter: Required<ListFilter> = {
  q: "Harbour & Sons",
  since: "-1d",
  until: "2026-03-01T09:00:00.000Z",
  state: "failed,pending",
  endpoint_id: "7,8",
  event_type: "account.*,user.created",
  status: "500,4xx,301-308",
  error_class: "timeout,5xx",
  attempts_min: "2",
  attempts_max: "5",
  latency_min: "1000",
  account: "Harbour, Quay & Sons",
  object_id: "42",
  actor: "developer:1000000000000021",
  channel: "api",
  event_id: "0192f0c1-0000-7000-8000-000000000001",
  payload: 'data.account.org_name = "Harbour, Sons"',
};

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

/** Mia, an admin, who may open every page. */
export const exampleSession: Session = {
  userId: 5,
  userName: "mia",
  role: "admin",
  pages: new Map<string, boolean>(),
  allowedActions: new Set<string>(),
  tokenScopes: new Set(["account_management", "cms", "finance", "policy_registry", "stats"]),
  seesEveryProduct: true,
  csrfToken: "t",
  providerName: "Acme",
  timeZone: "UTC",
  passwordLengthMin: 12,
  signsInWithPassword: true,
  developerPortalUrl: "/",
  mailIsSent: true,
};
