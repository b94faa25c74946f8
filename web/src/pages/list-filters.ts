import { type AccountFilter, accountStates } from "../api/accounts.ts";
import { type ApplicationFilter, searchFields, applicationStates } from "../api/applications.ts";
import type { DeliveryFilter, FailureFilter } from "../api/deliveries.ts";
import { type EventFilter, isEventTypeName } from "../api/events.ts";
import { deliveryStates } from "../api/filters.ts";

/** Parses the filter from the page's address. Invalid values are ignored. */
export function readAccountSearch(search: Record<string, unknown>): AccountFilter {
  const state = accountStates.find((it) => it === search["state"]);
  // The router parses digits in the address as a number.
  const query = ["string", "number"].includes(typeof search["query"]) ? String(search["query"]) : "";
  const page = Number(search["page"]);
  return {
    ...(state && { state }),
    ...(query && { query }),
    ...(Number.isInteger(page) && page > 1 && { page }),
  };
}

/** Parses the filter from the page's address. Invalid values are ignored. */
export function readApplicationSearch(search: Record<string, unknown>): ApplicationFilter {
  const state = applicationStates.find((it) => it === search["state"]);
  const by = searchFields.find((it) => it === search["by"]);
  // The router parses digits in the address as a number.
  const query = ["string", "number"].includes(typeof search["query"]) ? String(search["query"]) : "";
  const number = (name: string): number | undefined => {
    const value = Number(search[name]);
    return Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const [service_id, plan_id, page] = [number("service_id"), number("plan_id"), number("page")];
  return {
    ...(query && { by: by ?? "name", query }),
    ...(service_id && { service_id }),
    ...(service_id && plan_id && { plan_id }), // plans belong to a product
    ...(state && { state }),
    ...(page && page > 1 && { page }),
  };
}

/** Parses the filter from the page's address. Invalid values are ignored. */
export function readDeliverySearch(search: Record<string, unknown>): DeliveryFilter {
  const state = deliveryStates.find((it) => it === search["state"]);
  const endpointId = readId(search["endpoint_id"]);
  const type = search["event_type"];
  return {
    ...(state && { state }),
    ...(endpointId !== undefined && { endpoint_id: endpointId }),
    ...(isEventTypeName(type) && { event_type: type }),
  };
}

/** Parses the filter from the page's address. Invalid values are ignored. */
export function readEventSearch({ type, account_id }: Record<string, unknown>): EventFilter {
  const accountId = readId(account_id);
  return {
    ...(isEventTypeName(type) && { type }),
    ...(accountId !== undefined && { account_id: accountId }),
  };
}

/** The tabs of the failures page. The causes come first. */
export type FailureView = "causes" | "list";

/** Parses the filter and the tab from the page's address. Invalid values are ignored. */
export function readFailureSearch(search: Record<string, unknown>): FailureFilter & { readonly view?: "list" } {
  const { endpoint_id, order, view } = search;
  const endpointId = readId(endpoint_id);
  return {
    ...(view === "list" && { view }),
    ...(endpointId !== undefined && { endpoint_id: endpointId }),
    ...(order === "oldest" && { order }),
  };
}

/** Parses an id from the page's address. Returns undefined for anything else. */
function readId(value: unknown): number | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const id = Number(value);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
