import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";

/** A proxy between Bellwire and its database that can cut and silence connections. */
export interface DatabaseLine extends AsyncDisposable {
  readonly port: number;
  /** Ends every connection at once, on both sides. */
  cut(): void;
  /**
   * Drops everything that either side sends until `speak`, also on new connections. Existing connections then stay silent, as
   * after a firewall that lost their state, or end.
   */
  silence(): void;
  speak(options: { readonly forgets: boolean }): void;
  /** Connects new connections to another server. Existing ones stay silent, as if their host had died. */
  moveTo(socketPath: string): void;
  /** Calls `listener` with each statement before it is passed on. After a `cut` in the listener, it is not. */
  watch(listener: (statement: string) => void): void;
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
  let listen: ((statement: string) => void) | undefined;
  const server = createServer((near) => {
    const connection = { near, far: connect(socketPath), isSilent };
    connections.add(connection);
    near.on("data", (chunk) => {
      if (listen && typeof chunk !== "string") parseStatements(chunk).forEach(listen);
    });
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
    watch(listener) {
      listen = listener;
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) end(connection);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Opens a proxy to the server of a test database. Returns it, the socket behind it, and how to connect over it. */
export async function openLineTo(databaseUrl: string) {
  const url = new URL(databaseUrl.replace("@/", "@localhost/")); // a socket has no host
  const socketPath = join(url.searchParams.get("host") ?? "", `.s.PGSQL.${url.port || "5432"}`);
  const line = await openDatabaseLine(socketPath);
  url.host = `127.0.0.1:${line.port}`;
  url.searchParams.delete("host");
  return { line, socketPath, connectionString: url.href };
}

/** Returns the statements of a chunk from a client: of messages `Query`, and `Parse` without a name. */
function parseStatements(chunk: Buffer): readonly string[] {
  const statements: string[] = [];
  for (let start = 0; start + 5 <= chunk.length; start += 1 + chunk.readInt32BE(start + 1)) {
    const type = chunk.toString("latin1", start, start + 1);
    if (!/[A-Z]/.test(type)) break; // the first message of a connection has no type
    const text = chunk.subarray(start + (type === "P" ? 6 : 5));
    if (type === "P" || type === "Q") statements.push(text.toString("utf8", 0, text.indexOf(0)));
  }
  return statements;
}

/** A silent connection stays open: neither side notices that the other one closed. */
function carry(connection: Connection, from: Socket, to: Socket): void {
  from.on("data", (chunk) => {
    if (connection.isSilent || to.destroyed) return;
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
