import type { Bin } from "../../api/bin-queries.ts";

/** "200", or "500 after 1.5 s". */
export const describeAnswer = ({
  answer_status,
  answer_delay_ms,
}: Pick<Bin, "answer_status" | "answer_delay_ms">): string =>
  answer_delay_ms > 0 ? `${answer_status} after ${answer_delay_ms / 1000} s` : String(answer_status);
