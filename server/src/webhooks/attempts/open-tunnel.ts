import { request as requestPlain } from "node:http";
import { request as requestOverTls } from "node:https";
import type { Socket } from "node:net";
import { unescape as percentDecoded } from "node:querystring";

/** The proxy did not open a way to the address. */
export class ProxyRefusedError extends Error {
  override readonly name = "ProxyRefusedError";
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered ${status}`);
    this.status = status;
  }
}

export interface Tunnel {
  readonly proxyUrl: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Asks the proxy for a connection to the address (CONNECT, RFC 9110 §9.3.6) and gives the socket that leads there. */
export function openTunnel({ proxyUrl, address, family, port, timeoutMs }: Tunnel): Promise<Socket> {
  const { protocol, username, password } = new URL(proxyUrl);
  const authority = `${family === 6 ? `[${address}]` : address}:${port}`;
  const credentials = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? requestOverTls : requestPlain)(proxyUrl, {
      method: "CONNECT",
      path: authority,
      headers: {
        host: authority,
        ...(username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }),
      },
      agent: false,
      timeout: timeoutMs,
    });
    request.once("connect", ({ statusCode = 0 }, socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        reject(new ProxyRefusedError(statusCode));
        return;
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once("response", (response) => {
      response.destroy();
      reject(new ProxyRefusedError(response.statusCode ?? 0));
    });
    request.once("timeout", () =>
      request.destroy(Object.assign(new Error("the proxy is slow"), { code: "ETIMEDOUT" })),
    );
    request.once("error", reject);
    request.end();
  });
}
