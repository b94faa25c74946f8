import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { systemClock } from "#platform/clock.ts";

/**
 * Lets clients leave an HTTP server without an error when it closes. Each answer says `connection: close` from then on, and
 * requests on open connections are still answered. The server stops listening when no connection is left, or after
 * `drainMs`: a client that has sent nothing for so long is not about to.
 *
 * Call `addHooks` before the routes are registered and `waitLast` after them: streams have to end first.
 */
export function connectionDrain(drainMs: number): {
  addHooks(http: FastifyInstance): void;
  waitLast(http: FastifyInstance): void;
} {
  const sockets = new Set<Socket>();
  const empty = new AbortController();
  let isClosing = false;

  const stopWaitingIfEmpty = (): void => {
    if (isClosing && sockets.size === 0) empty.abort();
  };
  return {
    addHooks(http) {
      http.addHook("onRequest", async ({ raw: { socket } }) => {
        if (sockets.has(socket)) return;
        sockets.add(socket);
        socket.once("close", () => {
          sockets.delete(socket);
          stopWaitingIfEmpty();
        });
      });
      // Fastify says so itself to requests that come after the close has begun.
      http.addHook("onSend", async (_request, reply) => {
        if (isClosing) reply.header("connection", "close");
      });
      http.addHook("preClose", async () => {
        isClosing = true;
        stopWaitingIfEmpty();
      });
    },
    waitLast(http) {
      http.register(async (last) => {
        last.addHook("preClose", () => systemClock.sleep(drainMs, empty.signal));
      });
    },
  };
}
