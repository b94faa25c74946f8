import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { HandDrivenClock } from "../../../test/support/hand-driven-clock.ts";
import { openEventStream } from "../../../test/support/event-stream.ts";
import { until } from "../../../test/support/until.ts";
import { EventStream } from "./event-stream.ts";

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

test("a client that stops reading holds one message in memory, and is dropped after ten seconds", async () => {
  const message = "x".repeat(256 * 1024);
  let sent = 0;
  await using serving = await serve(async (stream) => {
    while (!stream.isOver) {
      await stream.send(message);
      sent += 1;
    }
  });
  const socket = connect(serving.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  socket.pause().on("error", () => undefined);
  const stream = await serving.stream;
  await until(() => serving.clock.sleeping === 1); // the socket's own buffers are full
  const sentUntilFull = sent;

  await serving.clock.advance(9_999);
  expect([stream.isOver, sent]).toEqual([false, sentUntilFull]);
  await serving.clock.advance(1);
  expect(stream.isOver).toBe(true);
  socket.destroy();
});

test("a stream ends with the reason, also for a client that does not read it", async () => {
  await using serving = await serve((stream) => stream.send("data: 1\n\n"));
  using client = await openEventStream(`http://127.0.0.1:${serving.port}/`);
  (await serving.stream).end("access-ended");
  await until(() => client.isClosed());
  expect(client.text()).toBe('data: 1\n\nevent: end\ndata: {"reason":"access-ended"}\n\n');
});
