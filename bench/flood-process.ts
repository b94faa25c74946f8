/**
 * The attacker of bench/flood.ts, in its own process so that it does not delay measurements. Sends requests to a bin,
 * opens streams of its view that it never reads, or submits forms from many networks, and reports the statuses.
 */
import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { type FormRequest, submitForm } from "./forms.ts";

export type Attack =
  | {
      readonly kind: "posts";
      readonly url: string;
      readonly host: string;
      readonly body: BodyKind;
      readonly count: number;
      readonly from: string;
    }
  | {
      readonly kind: "streams";
      readonly url: string;
      readonly host: string;
      readonly count: number;
      readonly ms: number;
    }
  /** Each from another network. A field's value may contain #, which becomes the number of the form. */
  | {
      readonly kind: "forms";
      readonly form: Omit<FormRequest, "from">;
      /** Undefined: as many as `concurrency` connections can. */
      readonly perSecond?: number;
      readonly ms: number;
    };

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

function post(url: string, host: string, body: Buffer, from: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = { host, "x-forwarded-for": from, "content-length": body.byteLength };
    const sending = request(url, { method: "POST", agent: false, headers }, (response) => {
      response.resume().once("close", () => resolve(String(response.statusCode)));
    });
    // The server may reject the request and close the connection before the body is sent.
    sending.once("error", () => resolve("closed")).end(body);
  });
}

async function sendPosts(attack: Attack & { readonly kind: "posts" }): Promise<Statuses> {
  const { url, host, body: kind, count, from } = attack;
  const body = makeBody(kind);
  const statuses: Record<string, number> = {};
  let remaining = count;
  const sendAll = async (): Promise<void> => {
    while (remaining-- > 0) {
      const status = await post(url, host, body, from);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sendAll));
  return statuses;
}

async function submitForms({ form, perSecond, ms }: Attack & { readonly kind: "forms" }): Promise<Statuses> {
  const statuses: Record<string, number> = {};
  let number = 0;
  const submit = async (): Promise<void> => {
    const at = (number += 1);
    const fields = Object.fromEntries(
      Object.entries(form.fields).map(([name, value]) => [name, value.replaceAll("#", String(at))]),
    );
    const status = await submitForm({ ...form, fields, from: `198.18.${at >> 8}.${at & 255}` });
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const untilMs = performance.now() + ms;
  if (perSecond === undefined) {
    const sendAll = async (): Promise<void> => {
      while (performance.now() < untilMs) await submit();
    };
    await Promise.all(Array.from({ length: concurrency }, sendAll));
    return statuses;
  }
  const sent: Promise<void>[] = [];
  while (performance.now() < untilMs) {
    sent.push(submit());
    await wait(1000 / perSecond);
  }
  await Promise.all(sent);
  return statuses;
}

async function openStreams({ url, host, count, ms }: Attack & { readonly kind: "streams" }): Promise<Statuses> {
  const { hostname, port, pathname, search } = new URL(url);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    );
    return socket.pause().on("error", () => undefined);
  });
  await wait(ms);
  for (const socket of sockets) socket.destroy();
  return {};
}

const attack: Attack = JSON.parse(process.argv[2] ?? "");

function run(): Promise<Statuses> {
  switch (attack.kind) {
    case "posts":
      return sendPosts(attack);
    case "streams":
      return openStreams(attack);
    case "forms":
      return submitForms(attack);
  }
}

process.send?.(await run());
process.disconnect?.();
