import type { Socket } from "node:net";

/** Limits of the response to one attempt. Beyond them the attempt ends and its connection is closed. */
export const answerLimits = {
  /** Bytes of the body that are kept. A longer body is cut here; the status counts all the same. */
  keptBodyBytes: 64 * 1024,
  /** Status line and headers of the final answer; and its trailers. */
  headerBytes: 16 * 1024,
  /**
   * Interim responses, line breaks before the response, headers, chunk sizes and extensions, body and trailers
   * together.
   */
  totalBytes: 128 * 1024,
  /** Reads from the socket. Each costs some 20 microseconds, however few bytes it returns. */
  reads: 200,
  /** Interim responses (1xx) before the final one (RFC 9110, section 15.2). */
  interimAnswers: 32,
  /**
   * TLS session tickets and renegotiations. No read returns them, and they cost 35 and 600 microseconds each: 2 MB of
   * tickets per second keep a processor busy. Servers send one to four tickets.
   */
  handshakeMessages: 32,
} as const;

/** Bytes passed to undici at once: it creates an error for each header beyond its limit, to the end of these bytes. */
const sliceBytes = 1024;

/**
 * The receiver exceeded a limit, or sent a response that no attempt can use. `problem` continues a sentence that starts
 * with its host.
 */
export class UnusableAnswerError extends Error {
  override readonly name = "UnusableAnswerError";
  readonly code: string;
  readonly problem: string;

  constructor(code: string, problem: string) {
    super(`the receiver ${problem}`);
    this.code = code;
    this.problem = problem;
  }
}

/** Follows the traffic of a connection. */
export interface TrafficObserver {
  /** Bytes are being written. */
  writing(): void;
  /** Number of bytes read; reset by the observer. */
  answerBytes: number;
}

/**
 * Enforces `answerLimits` on the socket and removes interim responses: undici takes an unsolicited `100 Continue` for
 * an error. undici reads with `read()` and sends one request at a time, so both are replaced on this socket. A stream
 * in between would copy every byte.
 */
export function limitAnswers(socket: Socket, traffic: TrafficObserver): Socket {
  let answer = new AnswerReader();
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket);
  const countHandshakeMessage = (): void => {
    if (answer.hasTooManyHandshakeMessages()) socket.destroy(unusable("HANDSHAKE_MESSAGES"));
  };
  socket.on("session", countHandshakeMessage).on("secure", countHandshakeMessage);
  return Object.assign(socket, {
    read(size?: number): unknown {
      // `read(0)` returns nothing; the socket itself calls it to start reading.
      if (size !== undefined) return read(size);
      // undici goes on reading after it has ended the request for its trailers, and creates an error for each: 30 ms per answer.
      while (!socket.destroyed) {
        const rest = answer.next();
        if (rest instanceof UnusableAnswerError) {
          socket.destroy(rest);
          return null;
        }
        if (rest) return rest;
        const chunk: unknown = read();
        if (!Buffer.isBuffer(chunk)) return null;
        traffic.answerBytes += chunk.length;
        answer.add(chunk);
      }
      return null;
    },
    write(...request: Parameters<Socket["write"]>): boolean {
      answer = new AnswerReader(); // a request is being written
      traffic.writing();
      return write(...request);
    },
  });
}

const nothing: Buffer = Buffer.alloc(0);
const endOfHead = Buffer.from("\r\n\r\n");
/** `HTTP/1.1 200` */
const statusLineBytes = 12;
const [carriageReturn, lineFeed] = [0x0d, 0x0a];

/** Parses one response. */
class AnswerReader {
  #state: "before" | "in-interim" | "in-head" | "in-body" = "before";
  #bytes = 0;
  #headBytes = 0;
  #reads = 0;
  #interimAnswers = 0;
  #handshakeMessages = 0;
  /** Read from the socket and not parsed yet. */
  #pending = nothing;
  /** The incomplete start of a status line, or the end of the parsed part of a head. */
  #held = nothing;

  add(chunk: Buffer): void {
    this.#reads += 1;
    this.#pending = chunk;
  }

  /** Counts a session ticket or renegotiation. */
  hasTooManyHandshakeMessages(): boolean {
    this.#handshakeMessages += 1;
    return this.#handshakeMessages > answerLimits.handshakeMessages;
  }

  /** Returns the next piece of the final answer. Undefined when more has to be read for it. */
  next(): Buffer | UnusableAnswerError | undefined {
    while (this.#pending.length > 0) {
      if (this.#reads > answerLimits.reads) return unusable("ANSWER_IN_PIECES");
      const slice = this.#pending.subarray(0, sliceBytes);
      this.#pending = this.#pending.subarray(sliceBytes);
      this.#bytes += slice.length;
      if (this.#bytes > answerLimits.totalBytes) return unusable("ANSWER_TOO_LONG");
      const rest =
        this.#state === "in-body" ? slice : this.#state === "in-head" ? this.#head(slice) : this.#skipInterim(slice);
      if (rest instanceof UnusableAnswerError || rest.length > 0) return rest;
    }
    return undefined;
  }

  #head(slice: Buffer): Buffer | UnusableAnswerError {
    const held = this.#held.length;
    const head = held === 0 ? slice : Buffer.concat([this.#held, slice]);
    const end = head.indexOf(endOfHead);
    this.#headBytes += end < 0 ? slice.length : end - held;
    if (this.#headBytes > answerLimits.headerBytes) return unusable("HEADERS_TOO_LONG");
    this.#state = end < 0 ? "in-head" : "in-body";
    this.#held = end < 0 ? Buffer.from(head.subarray(-(endOfHead.length - 1))) : nothing;
    return slice;
  }

  #skipInterim(chunk: Buffer): Buffer | UnusableAnswerError {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      if (this.#state === "in-interim") {
        const end = rest.indexOf(endOfHead);
        if (end < 0) return this.#hold(rest.subarray(-(endOfHead.length - 1)));
        rest = rest.subarray(end + endOfHead.length);
        this.#state = "before";
      }
      rest = withoutLineBreaks(rest);
      if (rest.length < statusLineBytes && mayBecomeStatusLine(rest)) return this.#hold(rest);
      const status = statusOf(rest);
      if (status >= 200) {
        this.#held = nothing;
        return this.#head(rest);
      }
      if (!(status >= 100)) return notHttp(rest);
      if (status === 101) return unusable("UPGRADE");
      this.#interimAnswers += 1;
      if (this.#interimAnswers > answerLimits.interimAnswers) return unusable("INTERIM_ANSWERS");
      this.#state = "in-interim";
    }
  }

  #hold(rest: Buffer): Buffer {
    this.#held = Buffer.from(rest);
    return nothing;
  }
}

const problems = {
  ANSWER_TOO_LONG: `sent more than ${answerLimits.totalBytes / 1024} KiB without completing its answer`,
  ANSWER_IN_PIECES: `sent its answer in more than ${answerLimits.reads} pieces without completing it`,
  HEADERS_TOO_LONG: `sent more than ${answerLimits.headerBytes / 1024} KiB of headers`,
  INTERIM_ANSWERS: `sent more than ${answerLimits.interimAnswers} interim answers (1xx) before its answer`,
  HANDSHAKE_MESSAGES: `sent more than ${answerLimits.handshakeMessages} TLS session tickets and renegotiations for one answer`,
  UPGRADE: "answered 101: it wants to switch to another protocol",
} as const;

const unusable = (code: keyof typeof problems): UnusableAnswerError => new UnusableAnswerError(code, problems[code]);

/**
 * Removes line breaks before the status line. RFC 9112 (section 2.2) allows them in requests; parsers accept them in
 * both.
 */
function withoutLineBreaks(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === carriageReturn || bytes[start] === lineFeed) start += 1;
  return bytes.subarray(start);
}

const statusLine = /^HTTP\/\d\.\d (\d{3})/;

/** Returns NaN if the bytes are not a status line. */
const statusOf = (bytes: Buffer): number =>
  Number(statusLine.exec(bytes.toString("latin1", 0, statusLineBytes))?.[1] ?? Number.NaN);

/** Returns true if the bytes may be the start of a status line. */
function mayBecomeStatusLine(bytes: Buffer): boolean {
  const text = bytes.toString("latin1");
  return statusLine.test(text + "HTTP/1.1 200".slice(text.length));
}

function notHttp(bytes: Buffer): UnusableAnswerError {
  const start = bytes.toString("latin1", 0, statusLineBytes).replace(/[^ -~]/g, escaped);
  return new UnusableAnswerError("NOT_HTTP", `did not answer in HTTP/1.1: its answer begins with "${start}"`);
}

const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
