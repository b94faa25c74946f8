import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** A span as an OTLP request carries it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** Of the protocol: 2 server, 3 client, 4 producer. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: ReadonlyMap<string, string | number>;
  /** Of the process. */
  readonly resource: ReadonlyMap<string, string | number>;
  /** 2 is an error. */
  readonly status: number;
}

export interface CollectedMetric {
  readonly name: string;
  /** Of the points: values of sums and gauges, counts of histograms. */
  readonly points: readonly { readonly attributes: ReadonlyMap<string, string | number>; readonly value: number }[];
  readonly resource: ReadonlyMap<string, string | number>;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Of all pushes, the newest last. */
  readonly metrics: readonly CollectedMetric[];
  readonly authorization: ReadonlySet<string | undefined>;
}

type Field = number | bigint | Uint8Array;

/** A protobuf message: the values of each field number, undecoded. */
class Message {
  readonly #fields = new Map<number, Field[]>();

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    const varint = (): number => {
      let [number, factor] = [0, 1];
      for (;;) {
        const byte = view.getUint8(at++);
        number += (byte & 0x7f) * factor;
        if (byte < 0x80) return number;
        factor *= 0x80;
      }
    };
    while (at < bytes.byteLength) {
      const tag = varint();
      const [field, wire] = [tag >> 3, tag & 7];
      const values = this.#fields.get(field) ?? [];
      this.#fields.set(field, values);
      if (wire === 0) values.push(varint());
      else if (wire === 1) {
        values.push(view.getBigUint64(at, true));
        at += 8;
      } else if (wire === 2) {
        const length = varint();
        values.push(bytes.subarray(at, at + length));
        at += length;
      } else if (wire === 5) {
        values.push(view.getUint32(at, true));
        at += 4;
      } else throw new Error(`The wire type ${wire} is not used by OTLP.`);
    }
  }

  messages(field: number): readonly Message[] {
    return this.bytes(field).map((bytes) => new Message(bytes));
  }

  bytes(field: number): readonly Uint8Array[] {
    return (this.#fields.get(field) ?? []).filter((value) => value instanceof Uint8Array);
  }

  text(field: number): string {
    return Buffer.from(this.bytes(field)[0] ?? []).toString();
  }

  hex(field: number): string {
    return Buffer.from(this.bytes(field)[0] ?? []).toString("hex");
  }

  number(field: number): number {
    const [value = 0] = this.#fields.get(field) ?? [];
    return value instanceof Uint8Array ? Number.NaN : Number(value);
  }

  /** A double, or a signed integer of 64 bits. */
  fixed(field: number, as: "double" | "integer"): number | undefined {
    const [value] = this.#fields.get(field) ?? [];
    if (typeof value !== "bigint") return undefined;
    if (as === "integer") return Number(value);
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(value);
    return buffer.readDoubleLE();
  }
}

/** Attributes of text, integers and doubles. */
const attributesOf = (pairs: readonly Message[]): ReadonlyMap<string, string | number> =>
  new Map(
    pairs.flatMap((pair) =>
      pair.messages(2).map((value) => {
        const isText = value.bytes(1).length > 0;
        return [pair.text(1), isText ? value.text(1) : (value.fixed(4, "double") ?? value.number(3))] as const;
      }),
    ),
  );

/** Decodes ExportTraceServiceRequest: resource spans, scope spans, spans. */
function spansIn(body: Uint8Array): readonly CollectedSpan[] {
  return new Message(body).messages(1).flatMap((ofResource) => {
    const resource = attributesOf(ofResource.messages(1).flatMap((message) => message.messages(1)));
    const spans = ofResource.messages(2).flatMap((ofScope) => ofScope.messages(2));
    return spans.map((span) => ({
      traceId: span.hex(1),
      spanId: span.hex(2),
      traceState: span.text(3),
      parentSpanId: span.hex(4),
      name: span.text(5),
      kind: span.number(6),
      startMs: (span.fixed(7, "integer") ?? 0) / 1e6,
      endMs: (span.fixed(8, "integer") ?? 0) / 1e6,
      attributes: attributesOf(span.messages(9)),
      resource,
      status: span.messages(15)[0]?.number(3) ?? 0,
    }));
  });
}

/** Decodes ExportMetricsServiceRequest: gauges (field 5), sums (7) and histograms (9). */
function metricsIn(body: Uint8Array): readonly CollectedMetric[] {
  return new Message(body).messages(1).flatMap((ofResource) => {
    const resource = attributesOf(ofResource.messages(1).flatMap((message) => message.messages(1)));
    const metrics = ofResource.messages(2).flatMap((ofScope) => ofScope.messages(2));
    return metrics.map((metric) => {
      const numbers = [5, 7].flatMap((kind) => metric.messages(kind).flatMap((data) => data.messages(1)));
      const histograms = metric.messages(9).flatMap((data) => data.messages(1));
      const points = [
        ...numbers.map((point) => ({
          attributes: attributesOf(point.messages(7)),
          value: point.fixed(4, "double") ?? point.fixed(6, "integer") ?? Number.NaN,
        })),
        ...histograms.map((point) => ({
          attributes: attributesOf(point.messages(9)),
          value: point.fixed(4, "integer") ?? Number.NaN,
        })),
      ];
      return { name: metric.text(1), points, resource };
    });
  });
}

/** Starts an OpenTelemetry collector that keeps what it receives: OTLP over HTTP in protobuf. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const metrics: CollectedMetric[] = [];
  const authorization = new Set<string | undefined>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const whole = Buffer.concat(chunks);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(whole) : whole;
      authorization.add(request.headers.authorization);
      if (request.url === "/v1/traces") spans.push(...spansIn(body));
      if (request.url === "/v1/metrics") metrics.push(...metricsIn(body));
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("The collector has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    metrics,
    authorization,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
