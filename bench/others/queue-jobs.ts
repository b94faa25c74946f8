import { bodyBytes } from "../same-for-all.ts";

/** The text that every contender sends. */
export const aBody = Buffer.alloc(bodyBytes, "<account>Harbour &amp; Sons</account>").toString();

const batchMax = 5000;

/** So many in steps that one statement takes. */
export async function addInBatches(total: number, add: (count: number) => Promise<unknown>): Promise<void> {
  for (let left = total; left > 0; left -= batchMax) await add(Math.min(left, batchMax));
}
