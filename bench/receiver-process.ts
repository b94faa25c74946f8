/**
 * The cheapest receiver that is one: a socket, a count of bytes, a fixed answer. It runs in a process of its own and is
 * the same for everybody who is measured. Says its port to whoever forked it, and its count when asked.
 */
import { createServer, type Socket } from "node:net";

const answer = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
const endOfHead = Buffer.from("\r\n\r\n");
let received = 0;

function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let size = requestSize(pending); size !== undefined && size <= pending.length; size = requestSize(pending)) {
      pending = pending.subarray(size);
      received += 1;
      socket.write(answer);
    }
  });
}

/** The length of the first request in the buffer, once its head is complete. */
function requestSize(buffer: Buffer): number | undefined {
  const headEnds = buffer.indexOf(endOfHead);
  if (headEnds < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(buffer.toString("latin1", 0, headEnds))?.[1] ?? "0";
  return headEnds + endOfHead.length + Number(length);
}

const origins = Number(process.argv[2] ?? 1);
process.on("message", () => process.send?.({ received }));
process.once("disconnect", () => process.exit());
const servers = Array.from({ length: origins }, () => createServer(serve).listen(0, "127.0.0.1"));
await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
const ports = servers.flatMap((server) => {
  const address = server.address();
  return address && typeof address === "object" ? [address.port] : [];
});
process.send?.({ ports });
