import { saysWhy } from "../../api/api-problem.ts";
import type { Toast } from "../../toasts/toast-context.ts";

export type Deed = "retry" | "delete";

export interface Outcome {
  readonly done: number;
  /** Where it was known beforehand. */
  readonly wanted: number | undefined;
  /** What ended it before its end. */
  readonly trouble?: unknown;
}

export const counted = (count: number): string =>
  count === 1 ? "1 failure" : `${count.toLocaleString("en")} failures`;

const participle = { retry: "retried", delete: "deleted" } as const;
const success = { retry: "will be tried again", delete: "deleted" } as const;
const whyNot = {
  retry: "They had left the list meanwhile, or their endpoint was deleted.",
  delete: "They had left the list meanwhile.",
} as const;

/** What has come of it, and what has not. */
export function describeOutcome(deed: Deed, { done, wanted, trouble }: Outcome): Toast {
  if (trouble !== undefined) {
    return done === 0
      ? { kind: "danger", title: `The failures could not be ${participle[deed]}`, detail: saysWhy(trouble) }
      : {
          kind: "danger",
          title: `Not all failures were ${participle[deed]}`,
          detail: `${doneOf(done, wanted)}, then: ${saysWhy(trouble)}`,
        };
  }
  if (done === 0) return { kind: "warning", title: `No failure was ${participle[deed]}`, detail: whyNot[deed] };
  const title = `${counted(done)} ${success[deed]}`;
  if (wanted !== undefined && done < wanted) {
    return { kind: "warning", title: `${title}, ${(wanted - done).toLocaleString("en")} not`, detail: whyNot[deed] };
  }
  return { kind: "success", title, ...(deed === "delete" && { detail: "The history of the deliveries stays." }) };
}

export const doneOf = (done: number, wanted: number | undefined): string =>
  wanted === undefined
    ? `${done.toLocaleString("en")} done`
    : `${done.toLocaleString("en")} of ${wanted.toLocaleString("en")} done`;
