import {
  applicationHandles,
  applicationStates,
  type ApplicationFilter,
} from "../../api/management/application-queries.ts";

/** The filter as the page's address has it; what makes no sense is left out. */
export function readApplicationSearch(search: Record<string, unknown>): ApplicationFilter {
  const state = applicationStates.find((it) => it === search["state"]);
  const by = applicationHandles.find((it) => it === search["by"]);
  // The router reads a text of digits in the address as a number.
  const query = ["string", "number"].includes(typeof search["query"]) ? String(search["query"]) : "";
  const number = (name: string): number | undefined => {
    const value = Number(search[name]);
    return Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const [service_id, plan_id, page] = [number("service_id"), number("plan_id"), number("page")];
  return {
    ...(query && { by: by ?? "name", query }),
    ...(service_id && { service_id }),
    ...(service_id && plan_id && { plan_id }), // the plans of a product are known once it is chosen
    ...(state && { state }),
    ...(page && page > 1 && { page }),
  };
}
