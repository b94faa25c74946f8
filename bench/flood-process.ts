/**
 * The attacker of bench/flood.ts, in its own process so that it does not delay measurements. Sends requests to a bin, or
 * opens streams of its view that it never reads, and reports the statuses.
 */
import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

export type Attack =
  | {
      readonly kind: "posts";
      readonly url: string;
      readonly body: BodyKind;
      readonly count: number;
      readonly from: string;
    }
  | { readonly kind: "streams"; readonly url: string; readonly count: number; readonly ms: number };

type BodyKind = "bytes" | "json";

export type Statuses = Readonly<Record<string, number>>;

const mebibyte = 1024 * 1024;
const concurrency = 20;

/** A MiB of bytes, or the largest JSON document that the view indents and masks: 63 KiB. */
function makeBody(kind: BodyKind): Buffer {
  if (kind === "bytes")
    return Buffer.from(Uint8Array.from({ length: mebibyte }, (_, at) => (at * 2_654_435_761) >>> 24));
  const entries = Array.from({ length: 1150 }, (_, at) => ({ id: at, name: `harbour ${at}`, password: "secret" }));
  return Buffer.from(JSON.stringify(entries));
}

function post(url: string, body: Buffer, localAddress: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = { "content-length": body.byteLength };
    const sending = request(url, { method: "POST", agent: false, headers, localAddress }, (response) => {
      response.resume().once("close", () => resolve(String(response.statusCode)));
    });
    // The server may reject the request and close the connection before the body is sent.
    sending.once("error", () => resolve("closed")).end(body);
  });
}

async function sendPosts({ url, body: kind, count, from }: Attack & { readonly kind: "posts" }): Promise<Statuses> {
  const body = makeBody(kind);
  const statuses: Record<string, number> = {};
  let left = count;
  const line = async (): Promise<void> => {
    while (left-- > 0) {
      const status = await post(url, body, from);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, line));
  return statuses;
}

async function openStreams({ url, count, ms }: Attack & { readonly kind: "streams" }): Promise<Statuses> {
  const { hostname, port, pathname, search } = new URL(url);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`),
    );
    return socket.pause().on("error", () => undefined);
  });
  await wait(ms);
  for (const socket of sockets) socket.destroy();
  return {};
}

const attack: Attack = JSON.parse(process.argv[2] ?? "");
const statuses = attack.kind === "posts" ? await sendPosts(attack) : await openStreams(attack);
process.send?.(statuses);
process.disconnect?.();
