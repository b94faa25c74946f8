import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** What it takes of a QueryClient. */
export type StaleClient = Pick<QueryClient, "invalidateQueries" | "isFetching">;

export interface Gatherer {
  readonly add: (queryKey: QueryKey) => void;
  readonly stop: () => void;
}

/**
 * Marks queries as stale, all that a burst of messages names at once. What is being fetched is left until it is there,
 * the last round's as well as what "Load more" asks for: under load, answers would otherwise be thrown away before they
 * are shown.
 */
export function gatherStaleKeys(client: StaleClient, afterMs: number): Gatherer {
  const gathered = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  const refresh = async (): Promise<void> => {
    const keys = [...gathered].filter(([, queryKey]) => client.isFetching({ queryKey }) === 0);
    for (const [name] of keys) gathered.delete(name);
    await Promise.all(keys.map(([, queryKey]) => client.invalidateQueries({ queryKey })));
    timer = undefined;
    if (gathered.size > 0) wait();
  };
  const wait = (): void => {
    if (!isStopped) timer ??= setTimeout(() => void refresh(), afterMs);
  };
  return {
    add: (queryKey) => {
      gathered.set(JSON.stringify(queryKey), queryKey);
      wait();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
