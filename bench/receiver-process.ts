/**
 * The cheapest possible receiver: a socket, a count of bytes, a fixed response. It runs in its own process and is the same for
 * all contenders. It parses requests only if arrivals are recorded.
 */
import { type Socket, createServer } from "node:net";
import { Arrivals, isToHang, requestSize } from "./arrivals.ts";
import { machineMs } from "./measuring.ts";
import type { ReceiverOptions, ReceiverQuery } from "./receiver.ts";

const answer = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
// receiver.ts defines the messages.
const options: ReceiverOptions = JSON.parse(process.argv[2] ?? "");
let arrivals = new Arrivals();
let received = 0;

function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0);
  let beganMs = 0;
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    if (options.keepsArrivals && pending.length === 0) beganMs = machineMs();
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let size = requestSize(pending); size !== undefined && size <= pending.length; size = requestSize(pending)) {
      const request = pending.subarray(0, size);
      pending = pending.subarray(size);
      received += 1;
      if (options.keepsArrivals) keep(socket, request, beganMs);
      else socket.write(answer);
    }
  });
}

function keep(socket: Socket, request: Buffer, beganMs: number): void {
  const hangs = isToHang(request);
  const into = arrivals;
  into.add(request, { beganMs, hangs });
  if (hangs) return;
  const reply = (): void => {
    into.answered();
    socket.write(answer);
  };
  if (options.answersAfterMs === undefined) reply();
  else setTimeout(reply, options.answersAfterMs);
}

process.on("message", ({ number, subject }: ReceiverQuery) => {
  if (subject === "received") return void process.send?.({ number, answer: received });
  process.send?.({ number, answer: arrivals.summary() });
  arrivals = new Arrivals();
});
process.once("disconnect", () => process.exit());
const servers = Array.from({ length: options.origins }, () => createServer(serve).listen(0, "127.0.0.1"));
await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
const ports = servers.flatMap((server) => {
  const address = server.address();
  return address && typeof address === "object" ? [address.port] : [];
});
process.send?.({ ports });
