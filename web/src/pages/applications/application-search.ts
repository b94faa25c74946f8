import { applicationStates, type ApplicationFilter } from "../../api/management/application-queries.ts";

/** The filter as the page's address has it; what makes no sense is left out. */
export function readApplicationSearch(search: Record<string, unknown>): ApplicationFilter {
  const state = applicationStates.find((it) => it === search["state"]);
  const page = Number(search["page"]);
  return { ...(state && { state }), ...(Number.isInteger(page) && page > 1 && { page }) };
}
