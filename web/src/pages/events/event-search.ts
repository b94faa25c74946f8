import type { EventFilter } from "../../api/event-queries.ts";
import { isEventTypeName } from "../../api/event-type-name.ts";
import { readId } from "../../api/read-id.ts";

/** The filter as the page's address has it; what makes no sense is left out. */
export function readEventSearch({ type, account_id }: Record<string, unknown>): EventFilter {
  const accountId = readId(account_id);
  return {
    ...(isEventTypeName(type) && { type }),
    ...(accountId !== undefined && { account_id: accountId }),
  };
}
