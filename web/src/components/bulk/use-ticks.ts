import { useState } from "react";

/** Which rows of a list are ticked, by their ids. */
export interface Ticks {
  readonly ticked: ReadonlySet<number>;
  readonly onTick: (ids: readonly number[], isTicked: boolean) => void;
}

export function useTicks(): Ticks {
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  return {
    ticked,
    onTick: (ids, isTicked) =>
      setTicked((before) => (isTicked ? before.union(new Set(ids)) : before.difference(new Set(ids)))),
  };
}
