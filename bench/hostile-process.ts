/**
 * Receivers that answer as the tests of the sender describe: each on a port of its own, of every kind in turn. Told how many,
 * it says their ports.
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
