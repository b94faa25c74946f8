import type { FailureFilter } from "../../api/failure-queries.ts";
import { readId } from "../../api/read-id.ts";

/** The filter as the page's address has it; what makes no sense is left out. */
export function readFailureSearch({ endpoint_id, order }: Record<string, unknown>): FailureFilter {
  const endpointId = readId(endpoint_id);
  return {
    ...(endpointId !== undefined && { endpoint_id: endpointId }),
    ...(order === "oldest" && { order }),
  };
}
