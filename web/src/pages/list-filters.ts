import type { SearchSchemaInput } from "@tanstack/react-router";
import {
  type AccountFilter,
  accountStates,
  type MailFilter,
  mailStates,
  type MessageBox,
  messageBoxes,
} from "../api/accounts.ts";
import { type ApplicationFilter, searchFields, applicationStates } from "../api/applications.ts";
import type { FilterName, ListFilter } from "../api/filters.ts";
import type { AuditFilter } from "../api/team.ts";
import { readListFilter, readTextAndSpan, searchText } from "../components/filters/filter-table.ts";

/** Parses the filter from the page's address. Invalid values are ignored. */
export function readAccountSearch(search: Record<string, unknown>): AccountFilter {
  const state = accountStates.find((name) => name === search["state"]);
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
  const state = applicationStates.find((name) => name === search["state"]);
  const by = searchFields.find((name) => name === search["by"]);
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

/** A filter in a link. Numbers and texts are the same in an address. */
type LinkedFilter = Readonly<Partial<Record<FilterName, string | number | undefined>>> & SearchSchemaInput;

/** Parses the filter from the page's address. Invalid values are ignored. */
export const readDeliverySearch = (search: LinkedFilter): ListFilter => readListFilter("deliveries", search);

/** Parses the filter from the page's address. Invalid values are ignored. */
export const readEventSearch = (search: LinkedFilter): ListFilter => readListFilter("events", search);

/** Parses the filter from the page's address. Invalid values are ignored. */
export const readAttemptSearch = (search: LinkedFilter): ListFilter => readListFilter("attempts", search);

/** The filter, the tab and the order of the failures page. Without them, the causes, and the newest failures first. */
export type FailureSearch = ListFilter & { readonly view?: "list"; readonly order?: "oldest" };

/** Parses the filter and the tab from the page's address. Invalid values are ignored. */
export function readFailureSearch(
  search: LinkedFilter & { readonly view?: unknown; readonly order?: unknown },
): FailureSearch {
  const { view, order, ...filter } = search;
  return {
    ...(view === "list" && { view }),
    ...readListFilter("failures", filter),
    ...(order === "oldest" && { order }),
  };
}

/** The request that a mail asks to decide about: for another plan, or for a subscription to a product. */
export interface RequestSearch {
  readonly request?: "plan" | `subscription-${number}`;
}

/** Parses the request from the page's address. Invalid values are ignored. */
export function readRequestSearch({ request }: Record<string, unknown>): RequestSearch {
  if (request === "plan") return { request };
  const [, productId] = /^subscription-(\d{1,15})$/.exec(String(request)) ?? [];
  return productId === undefined ? {} : { request: `subscription-${Number(productId)}` };
}

/** Parses the choice of messages from the page's address. Invalid values are ignored. */
export function readMessageSearch(search: Record<string, unknown>): { readonly box?: NonNullable<MessageBox> } {
  const box = messageBoxes.find((name) => name === search["box"]);
  return box ? { box } : {};
}

/** Parses the filter of the emails from the page's address. Invalid values are ignored. */
export function readMailSearch(search: Record<string, unknown>): MailFilter {
  const state = mailStates.find((name) => name === search["state"]);
  const account_id = rowId.test(searchText(search, "account_id")) ? Number(search["account_id"]) : undefined;
  return { ...readTextAndSpan(search), ...(state && { state }), ...(account_id && { account_id }) };
}

/** Parses the filter of the audit log from the page's address. Invalid values are ignored. */
export function readAuditSearch(search: Record<string, unknown>): AuditFilter {
  const [subject, actor] = [searchText(search, "subject"), searchText(search, "actor")];
  return {
    ...readTextAndSpan(search),
    ...(/^[a-z_-]+(\/[\w.-]+)*$/.test(subject) && subject.length <= 200 && { subject }),
    ...(auditActors.test(actor) && { actor }),
  };
}

/** Ids have 16 digits from September 2027 on. */
const rowId = /^[1-9]\d{0,15}$/;
const auditActors = /^((admin|token)(:[1-9]\d{0,15})?|key|system)(,((admin|token)(:[1-9]\d{0,15})?|key|system))*$/;

const endpointOrders = ["slowest", "failing", "waiting"] as const;
export type EndpointOrder = (typeof endpointOrders)[number];

/** Reads the order of the endpoints. Without one, those that need attention are first. */
export function readEndpointsSearch(search: Record<string, unknown>): { order?: EndpointOrder } {
  const order = endpointOrders.find((name) => name === search["order"]);
  return order ? { order } : {};
}
