import { get, type IncomingMessage } from "node:http";

export interface OpenedStream extends Disposable {
  readonly status: number | undefined;
  /** Returns the text received so far. */
  readonly text: () => string;
  readonly isClosed: () => boolean;
  /** Stops reading from its socket. */
  stopReading(): void;
}

/** Opens a stream of server-sent events on its own connection, and reads it until it is closed. */
export async function openEventStream(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenedStream> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = get(url, { headers, agent: false }, resolve).once("error", reject);
  const response = await promise;
  let [text, isClosed] = ["", false];
  response.setEncoding("utf8").on("error", () => undefined);
  response.on("data", (chunk: string) => {
    text += chunk;
  });
  response.once("close", () => {
    isClosed = true;
  });
  return {
    status: response.statusCode,
    text: () => text,
    isClosed: () => isClosed,
    stopReading: () => void response.pause(),
    [Symbol.dispose]: () => request.destroy(),
  };
}
