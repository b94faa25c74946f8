import type { Transaction } from "#platform/database/database.ts";
import type { EndpointSettings } from "./endpoint.ts";

const statement = `update providers set event_source = $2 where id = $1 and event_source <> $2`;

/**
 * Fixes what the provider's CloudEvents name as their source, when an endpoint is to get such. It is stored, so that every
 * process writes the same into them, also one that does not know how the outside reaches us. After the endpoint is written:
 * that locks the provider too, and whoever did it the other way round would wait for this for ever.
 */
export async function keepEventSource(
  tx: Transaction,
  {
    providerId,
    format,
    source,
  }: { providerId: number; format: EndpointSettings["format"]; source: string | undefined },
): Promise<void> {
  if (source !== undefined && format.startsWith("cloudevents")) await tx.query(statement, [providerId, source]);
}
