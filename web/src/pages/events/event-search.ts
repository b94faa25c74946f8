import type { EventFilter } from "../../api/event-queries.ts";
import { isEventTypeName } from "../../api/event-type-name.ts";

/** The filter as the page's address has it; what makes no sense is left out. */
export function readEventSearch({ type, account_id }: Record<string, unknown>): EventFilter {
  const accountId = Number(account_id);
  return {
    ...(isEventTypeName(type) && { type }),
    ...(Number.isInteger(accountId) && accountId > 0 && { account_id: accountId }),
  };
}
