/**
 * Receivers with the hostile responses of the sender's tests, each on its own port, of every kind in turn. Receives their
 * number and sends their ports.
 */
import { createServer } from "node:net";
import { hostileAnswers } from "../server/test/support/hostile-answers.ts";

const count = Number(process.argv[2]);
const servers = Array.from({ length: count }, (_, number) =>
  createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => hostileAnswers[number % hostileAnswers.length]?.answer(socket));
    socket.resume();
  }).listen(0, "127.0.0.1"),
);
await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
process.once("disconnect", () => process.exit());
process.send?.(
  servers.flatMap((server) => {
    const address = server.address();
    return address && typeof address === "object" ? [address.port] : [];
  }),
);
