import type { QueryClient, QueryKey } from "@tanstack/react-query";

export interface Gatherer {
  readonly add: (queryKey: QueryKey) => void;
  readonly stop: () => void;
}

/**
 * Marks queries as stale, all that a burst of messages names at once. The next round waits for the one under way: under
 * load, answers would otherwise be thrown away before they are shown.
 */
export function gatherStaleKeys(client: Pick<QueryClient, "invalidateQueries">, afterMs: number): Gatherer {
  const gathered = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const refresh = async (): Promise<void> => {
    const keys = [...gathered.values()];
    gathered.clear();
    await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
    timer = undefined;
    if (gathered.size > 0) wait();
  };
  const wait = (): void => {
    timer ??= setTimeout(() => void refresh(), afterMs);
  };
  return {
    add: (queryKey) => {
      gathered.set(JSON.stringify(queryKey), queryKey);
      wait();
    },
    stop: () => clearTimeout(timer),
  };
}
