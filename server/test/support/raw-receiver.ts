import { createServer, type AddressInfo, type Socket } from "node:net";

export interface RawReceiver extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Number of accepted connections. */
  readonly connections: number;
}

/** A server that can send malformed HTTP: `answer` gets the connection once the request begins to arrive. */
export async function startRawReceiver(answer: (socket: Socket) => void): Promise<RawReceiver> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    socket.once("data", () => answer(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = addressOf(server.address());
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address;
}
