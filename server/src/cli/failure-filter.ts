import { parseArgs } from "node:util";
import { systemClock } from "#platform/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { parseLenientTime } from "#platform/times.ts";
import type { FailureFilter } from "#webhooks/deliveries/index.ts";
import { WrongUsage } from "./command.ts";
import { findProvider, providerOption } from "./find-provider.ts";

export const filterUsage = "[--endpoint ID] [--until TIME] [--id EVENT_ID]… [--provider SUBDOMAIN]";

/** What narrows a command about failures down. */
export const filterOptions = {
  ...providerOption,
  endpoint: { type: "string" },
  until: { type: "string" },
  id: { type: "string", multiple: true },
} as const;

interface Options {
  readonly provider?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly until?: string | undefined;
  readonly id?: readonly string[] | undefined;
}

export interface ReadFilter {
  readonly isNarrow: boolean;
  filterFor(db: Database): Promise<FailureFilter>;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Which failures a command is about that has no other options. */
export const readFilter = (args: readonly string[]): ReadFilter =>
  filterOf(parseArgs({ args: [...args], options: filterOptions }).values);

/** Which failures these options mean. */
export function filterOf(values: Options): ReadFilter {
  const endpointId = values.endpoint === undefined ? undefined : Number(values.endpoint);
  if (endpointId !== undefined && !Number.isSafeInteger(endpointId))
    throw new WrongUsage("--endpoint is an endpoint's number.");
  const until = values.until === undefined ? undefined : parseLenientTime(values.until, systemClock.now());
  if (values.until !== undefined && !until) throw new WrongUsage("--until is a time like 2026-11-24T10:00:00Z.");
  const eventIds = values.id;
  if (eventIds?.some((id) => !uuid.test(id)))
    throw new WrongUsage("--id is the id of an event, as `failures list` shows it.");
  return {
    isNarrow: endpointId !== undefined || until !== undefined || eventIds !== undefined,
    filterFor: async (db) => ({
      providerId: (await findProvider(db, values.provider)).id,
      endpointId,
      until,
      eventIds,
    }),
  };
}
