import { expect, test, vi } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { MessageQueue } from "./stream.ts";

const mebibyte = "x".repeat(1024 * 1024);

test("taken messages no longer count towards the queue's overflow limit", async () => {
  const onOverflow = vi.fn<() => void>();
  const queue = new MessageQueue(new HandDrivenClock(), onOverflow);
  for (let n = 0; n < 12; n += 1) {
    queue.push(mebibyte);
    expect(await queue.take(0)).toEqual([mebibyte]);
  }
  expect(onOverflow).not.toHaveBeenCalled();
});
