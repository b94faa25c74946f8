import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A line between Bellwire and its database that breaks, and that goes silent, as networks do. */
export interface DatabaseLine extends AsyncDisposable {
  readonly port: number;
  /** Every connection ends at once, on both sides. */
  cut(): void;
  /**
   * Until `speak`: what either side says is swallowed, also on new connections. Afterwards those that were there stay
   * silent for ever, as after a firewall that has forgotten them, or end.
   */
  silence(): void;
  speak(options: { readonly forgets: boolean }): void;
  /** New connections lead to another server; those that were there are silent for ever, as if their host had died. */
  moveTo(socketPath: string): void;
}

interface Connection {
  readonly near: Socket;
  readonly far: Socket;
  isSilent: boolean;
}

export async function openDatabaseLine(firstSocketPath: string, port = 0): Promise<DatabaseLine> {
  const connections = new Set<Connection>();
  let isSilent = false;
  let socketPath = firstSocketPath;
  const server = createServer((near) => {
    const connection = { near, far: connect(socketPath), isSilent };
    connections.add(connection);
    carry(connection, connection.near, connection.far);
    carry(connection, connection.far, connection.near);
    near.on("close", () => connections.delete(connection));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const end = (connection: Connection): void => {
    connection.near.resetAndDestroy();
    connection.far.destroy();
  };
  return {
    port: portOf(server.address()),
    cut() {
      for (const connection of connections) end(connection);
    },
    silence() {
      isSilent = true;
      for (const connection of connections) connection.isSilent = true;
    },
    speak({ forgets }) {
      isSilent = false;
      for (const connection of connections) if (connection.isSilent && !forgets) end(connection);
    },
    moveTo(otherSocketPath) {
      for (const connection of connections) connection.isSilent = true;
      isSilent = false;
      socketPath = otherSocketPath;
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) end(connection);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A silent connection is still there: neither side hears of the other's end. */
function carry(connection: Connection, from: Socket, to: Socket): void {
  from.on("data", (chunk) => {
    if (connection.isSilent) return;
    if (!to.write(chunk)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  });
  from.on("error", () => from.destroy());
  from.on("close", () => {
    if (!connection.isSilent) to.destroy();
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("The line has no port.");
  return address.port;
}
