import { accountStates, type AccountFilter } from "../../api/management/account-queries.ts";

/** The filter as the page's address has it; what makes no sense is left out. */
export function readAccountSearch(search: Record<string, unknown>): AccountFilter {
  const state = accountStates.find((it) => it === search["state"]);
  // The router reads a text of digits in the address as a number.
  const query = ["string", "number"].includes(typeof search["query"]) ? String(search["query"]) : "";
  const page = Number(search["page"]);
  return {
    ...(state && { state }),
    ...(query && { query }),
    ...(Number.isInteger(page) && page > 1 && { page }),
  };
}
