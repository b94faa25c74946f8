import { useSyncExternalStore } from "react";

const tickMs = 1000;

function onTick(tell: () => void): () => void {
  const timer = setInterval(tell, tickMs);
  return () => clearInterval(timer);
}

/** The present second. Whoever uses it is drawn again as time goes by. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(onTick, () => Math.floor(Date.now() / tickMs)) * tickMs);
}
