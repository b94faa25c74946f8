import type { Replay } from "../../api/replay-queries.ts";

/** "3 failed, 12 never sent": what there is of it, or nothing. */
export function describeCounts({ failed, missing, delivered, given_up }: Replay["counts"]): string {
  const kinds: readonly (readonly [number, string])[] = [
    [failed, "failed"],
    [missing, "never sent"],
    [delivered, "delivered before"],
    [given_up, "given up or taken off the list"],
  ];
  return kinds
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${count.toLocaleString("en")} ${kind}`)
    .join(", ");
}
