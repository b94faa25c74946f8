import { createServer, type Server } from "node:http";
import { expect, test, vi } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { openEventStream } from "../../../test/support/event-stream.ts";
import { until } from "../../../test/support/until.ts";
import { EventStream, MessageQueue } from "./event-stream.ts";

/** Serves one stream, which `write` fills. */
async function serve(write: (stream: EventStream) => Promise<void>) {
  const clock = new HandDrivenClock();
  const opened = Promise.withResolvers<EventStream>();
  const server: Server = createServer((_request, response) => {
    const stream = new EventStream(response, clock);
    stream.open();
    opened.resolve(stream);
    void write(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server listens on no port.");
  return {
    clock,
    port: address.port,
    stream: opened.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("the last event of a stream contains the reason of its end", async () => {
  await using serving = await serve((stream) => stream.send("data: 1\n\n"));
  using client = await openEventStream(`http://127.0.0.1:${serving.port}/`);
  (await serving.stream).end("access-ended");
  await until(() => client.isClosed());
  expect(client.text()).toBe('data: 1\n\nevent: end\ndata: {"reason":"access-ended"}\n\n');
});

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
