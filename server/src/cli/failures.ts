import { systemClock } from "#platform/clock.ts";
import { parseLenientTime } from "#platform/times.ts";
import {
  type Failure,
  type FailureFilter,
  countFailures,
  countStrandedFailures,
  deleteFailures as remove,
  listFailures as readFailures,
  retryFailures as retry,
} from "#webhooks/deliveries/index.ts";
import { readEndpointKeys } from "#webhooks/endpoints/index.ts";
import { type Command, type CommandNeeds, WrongUsage, parseId, parseArguments } from "./command.ts";
import { type ProviderInCell, commandLine, openEncryption, providerOption, withProvider } from "./with-database.ts";

const filterUsage = "[--endpoint ID] [--until TIME] [--id EVENT_ID]… [--provider SUBDOMAIN]";

/** The options that filter failures. */
const filterOptions = {
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
  /** The subdomain of the provider. */
  readonly provider: string | undefined;
  filterFor(provider: { readonly id: number }): FailureFilter;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Parses the arguments of a command that has no other options. */
const parseFilterArguments = (args: readonly string[]): ReadFilter =>
  parseFilterOptions(parseArguments(args, filterOptions).values);

/** Parses the filter options. */
function parseFilterOptions(values: Options): ReadFilter {
  const endpointId = parseId("--endpoint", values.endpoint);
  const until = values.until === undefined ? undefined : parseLenientTime(values.until, systemClock.now());
  if (values.until !== undefined && !until) throw new WrongUsage("--until must be a time like 2026-11-24T10:00:00Z.");
  const eventIds = values.id;
  if (eventIds?.some((id) => !uuid.test(id)))
    throw new WrongUsage("--id must be the id of an event, as `failures list` shows it.");
  return {
    isNarrow: endpointId !== undefined || until !== undefined || eventIds !== undefined,
    provider: values.provider,
    filterFor: ({ id: providerId }) => ({ providerId, endpointId, until, eventIds }),
  };
}

/** Runs `work` with the failures of a provider that a command selects. */
const withFailures = <Result>(
  needs: CommandNeeds,
  filter: ReadFilter,
  work: (opened: ProviderInCell, selected: FailureFilter) => Promise<Result>,
): Promise<Result> =>
  withProvider(needs, filter.provider, async (opened) => {
    const { pool, provider } = opened;
    const selected = filter.filterFor(provider);
    const { endpointId } = selected;
    if (endpointId !== undefined) {
      const [key] = await readEndpointKeys(pool, [endpointId]);
      if (key?.providerId !== provider.id) throw new WrongUsage(`${provider.name} has no endpoint ${endpointId}.`);
    }
    return work(opened, selected);
  });

const pageSize = 500;

export const listFailures: Command = {
  usage: `failures list ${filterUsage}`,
  summary: "list failures, oldest first, one JSON object per line",
  async run(args, needs) {
    const filter = parseFilterArguments(args);
    await withFailures(needs, filter, async ({ pool, config }, chosen) => {
      const encryption = await openEncryption(pool, config);
      const { endpointId, ...others } = chosen;
      const criteria = { ...others, endpointIds: endpointId === undefined ? undefined : [endpointId] };
      let after: Failure | undefined;
      do {
        const page: readonly Failure[] = await readFailures(pool, encryption, criteria, { after, limit: pageSize });
        for (const failure of page) needs.print(lineOf(failure));
        after = page.length === pageSize ? page.at(-1) : undefined;
      } while (after);
    });
    return 0;
  },
};

// Without body and URL: both may hold secrets of the receiver.
const lineOf = (failure: Failure): string =>
  JSON.stringify({
    id: failure.eventId,
    endpoint_id: failure.endpointId,
    endpoint: failure.endpointName,
    event_type: failure.eventType,
    account_id: failure.accountId,
    attempts: failure.attemptsMade,
    failed_at: failure.failedAt,
    error: failure.error,
  });

export const retryFailures: Command = {
  usage: `failures retry ${filterUsage}`,
  summary: "retry failed deliveries now; without a filter, all of them",
  async run(args, needs) {
    const filter = parseFilterArguments(args);
    const { count, stranded } = await withFailures(needs, filter, async ({ pool }, selected) => ({
      count: await retry(pool, selected, commandLine),
      stranded: await countStrandedFailures(pool, selected.providerId, selected.endpointId),
    }));
    needs.print(`${count} ${count === 1 ? "delivery is" : "deliveries are"} due again`);
    if (stranded > 0) {
      needs.printStatus(
        `${stranded} of deleted endpoints cannot be retried: remove them from the list with bellwire failures delete`,
      );
    }
    return 0;
  },
};

export const deleteFailures: Command = {
  usage: `failures delete ${filterUsage} | --all`,
  summary: "delete failures from the list; their history stays",
  async run(args, needs) {
    const { values } = parseArguments(args, { ...filterOptions, all: { type: "boolean" } });
    const filter = parseFilterOptions(values);
    if (!filter.isNarrow && !values.all)
      throw new WrongUsage("Name the failures with --endpoint, --until or --id, or give --all.");
    const count = await withFailures(needs, filter, ({ pool }, selected) => remove(pool, selected, commandLine));
    needs.print(`${count} ${count === 1 ? "failure" : "failures"} deleted from the list`);
    return 0;
  },
};

export const checkFailures: Command = {
  usage: "failures check [--provider SUBDOMAIN]",
  summary: "exit with code 1 if there are failures, for cron",
  async run(args, needs) {
    const { values } = parseArguments(args, providerOption);
    const count = await withProvider(needs, values.provider, ({ pool, provider }) => countFailures(pool, provider.id));
    needs.print(count === 1 ? "1 delivery has failed" : `${count} deliveries have failed`);
    return count === 0 ? 0 : 1;
  },
};
