/** The phases of an attempt, in their order. */
export type AttemptPhase = "queued" | "dns" | "connect" | "tls" | "firstByte" | "body";

/**
 * The connection of an attempt. `none`: the attempt ended before a connection was opened. `internal`: a request bin of
 * this installation got the request without a connection. `replaced`: a receiver closed its reused connection as the request
 * was sent, and the request was repeated on a new one; phases before it are part of `queued`.
 */
export const connectionKinds = ["none", "new", "reused", "internal", "replaced"] as const;

const tlsVersions: readonly string[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/**
 * Measurements of one attempt. Phases are in microseconds and add up to the latency. A phase that did not begin is
 * undefined, so an attempt without a response ended in its last phase.
 */
export interface AttemptTrace extends Readonly<Record<AttemptPhase, number | undefined>> {
  readonly connection: (typeof connectionKinds)[number];
  /** The address of the connection, or of the last try to open one. Undefined if unknown or hidden. */
  readonly address: string | undefined;
  /** Such as `TLSv1.3`. Undefined without TLS, and before both sides agreed on a version. */
  readonly tlsVersion: string | undefined;
  /** Seconds since 1970. */
  readonly certificateExpiresAt: number | undefined;
  /** Bytes of the response as read from the connection, status line and headers included. */
  readonly answerBytes: number;
}

/** A trace as stored, with the replay count that the request carried. */
export interface RecordedTrace extends AttemptTrace {
  readonly replay: number;
}

/*
 * The stored form takes some 35 bytes: version (1 byte), a bit per phase (1), connection and TLS version (1), then as
 * numbers of 7 bits per byte, lowest first: each phase, answer bytes, replay count, certificate expiry (0: none); then
 * the address as text.
 */
const formatVersion = 1;
const headBytes = 3;
const tlsShift = 4;
/** Head, eight numbers of at most five bytes, a time of at most six, and an IPv6 address. */
const bytesMax = headBytes + 8 * 5 + 6 + 45;
/** Larger numbers are cut here: as microseconds, more than an hour. */
const numberMax = 2 ** 32 - 1;
/** Seconds since 1970 until the end of the year 9999, with which certificates without an expiry are made (RFC 5280, section 4.1.2.5). */
const timeMax = 253_402_300_799;

/** Encodes a trace for the database, in a third of a microsecond. */
export function encodeTrace(trace: AttemptTrace, replay: number): Buffer {
  const bytes = Buffer.allocUnsafe(bytesMax);
  const { queued, dns, connect, tls, firstByte, body, answerBytes, certificateExpiresAt, address } = trace;
  const phases = [queued, dns, connect, tls, firstByte, body];
  let present = 0;
  let at = headBytes;
  for (let bit = 0; bit < phases.length; bit += 1) {
    const microseconds = phases[bit];
    if (microseconds === undefined) continue;
    present |= 1 << bit;
    at = writeNumber(bytes, at, microseconds);
  }
  at = writeNumber(bytes, at, answerBytes);
  at = writeNumber(bytes, at, replay);
  at = writeNumber(bytes, at, certificateExpiresAt ?? 0, timeMax);
  bytes[0] = formatVersion;
  bytes[1] = present;
  bytes[2] =
    connectionKinds.indexOf(trace.connection) | ((tlsVersions.indexOf(trace.tlsVersion ?? "") + 1) << tlsShift);
  if (address !== undefined)
    for (let index = 0; index < address.length; index += 1) bytes[at++] = address.charCodeAt(index);
  return bytes.subarray(0, at);
}

/** Returns the place behind the number. */
function writeNumber(bytes: Buffer, at: number, number: number, max = numberMax): number {
  const cut = Math.min(number, max);
  if (cut > numberMax) {
    bytes[at] = (cut % 0x80) | 0x80; // shifts keep 32 bits
    return writeNumber(bytes, at + 1, Math.floor(cut / 0x80));
  }
  let rest = cut >>> 0;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Decodes a stored trace. Returns undefined for a form of a newer version. */
export function decodeTrace(bytes: Uint8Array): RecordedTrace | undefined {
  if (bytes[0] !== formatVersion) return undefined;
  const [, present = 0, kinds = 0] = bytes;
  let at = headBytes;
  const read = (): number => {
    let [number, factor] = [0, 1];
    for (;;) {
      const byte = bytes[at++] ?? 0;
      number += (byte & 0x7f) * factor;
      if (byte < 0x80) return number;
      factor *= 0x80;
    }
  };
  const phase = (bit: number): number | undefined => ((present & (1 << bit)) === 0 ? undefined : read());
  return {
    queued: phase(0),
    dns: phase(1),
    connect: phase(2),
    tls: phase(3),
    firstByte: phase(4),
    body: phase(5),
    answerBytes: read(),
    replay: read(),
    certificateExpiresAt: read() || undefined,
    connection: connectionKinds[kinds & (2 ** tlsShift - 1)] ?? "none",
    tlsVersion: tlsVersions[(kinds >> tlsShift) - 1],
    address: Buffer.from(bytes.subarray(at)).toString("latin1") || undefined,
  };
}
