import type { Socket } from "node:net";

/** What one attempt may read. Beyond it the attempt ends and its connection is closed. */
export const answerLimits = {
  /** Kept of the body. A longer one is cut here; the status counts all the same. */
  keptBodyBytes: 64 * 1024,
  /** Names and values of the final answer's headers, and of its trailers. */
  headerBytes: 16 * 1024,
  /** Everything that arrives: interim answers, line breaks before the answer, headers, chunk sizes and extensions, body. */
  totalBytes: 256 * 1024,
  /** Reads from the socket. Each costs some microseconds, however little it brings. */
  reads: 1000,
  /** Answers 100 to 199 before the final one (RFC 9110, section 15.2). */
  interimAnswers: 32,
} as const;

/** The receiver broke a limit, or answered what no attempt can use. `says` continues a sentence that begins with its host. */
export class UnusableAnswerError extends Error {
  override readonly name = "UnusableAnswerError";
  readonly code: string;
  readonly says: string;

  constructor(code: string, says: string) {
    super(`the receiver ${says}`);
    this.code = code;
    this.says = says;
  }
}

/**
 * Makes the socket hold a receiver to `answerLimits`, and takes interim answers out of what undici reads: undici takes an
 * unsolicited `100 Continue` for an error. undici reads with `read()` and sends one request at a time, so both are
 * replaced on this socket. A stream in between would copy every byte and cost a tenth of the throughput.
 */
export function limitAnswers(socket: Socket): Socket {
  const answer = new AnswerReader();
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket);
  return Object.assign(socket, {
    read(size?: number): unknown {
      // `read(0)` takes nothing; the socket itself calls it to start reading.
      if (size !== undefined) return read(size);
      for (let chunk: unknown = read(); Buffer.isBuffer(chunk); chunk = read()) {
        const rest = answer.take(chunk);
        if (rest instanceof UnusableAnswerError) {
          socket.destroy(rest);
          return null;
        }
        if (rest.length > 0) return rest;
      }
      return null;
    },
    write(...request: Parameters<Socket["write"]>): boolean {
      answer.begin();
      return write(...request);
    },
  });
}

const nothing = Buffer.alloc(0);
const endOfHead = Buffer.from("\r\n\r\n");
/** `HTTP/1.1 200` */
const statusLineBytes = 12;
const [carriageReturn, lineFeed, letterH, digit2, digit9] = [0x0d, 0x0a, 0x48, 0x32, 0x39];

/** Follows what arrives on one connection, one answer after another. */
class AnswerReader {
  #bytes = 0;
  #reads = 0;
  #interimAnswers = 0;
  #isFinal = false;
  #isInInterim = false;
  /** The start of a status line, or the end of an interim answer, that the next chunk completes. */
  #held = nothing;

  /** A request is written: what arrives from now on is its answer. */
  begin(): void {
    if (this.#reads === 0) return;
    this.#bytes = 0;
    this.#reads = 0;
    this.#interimAnswers = 0;
    this.#isFinal = false;
    this.#isInInterim = false;
    this.#held = nothing;
  }

  /** Counts the chunk and returns what of it belongs to the final answer. */
  take(chunk: Buffer): Buffer | UnusableAnswerError {
    this.#bytes += chunk.length;
    this.#reads += 1;
    if (this.#bytes > answerLimits.totalBytes)
      return new UnusableAnswerError(
        "ANSWER_TOO_LONG",
        `sent more than ${answerLimits.totalBytes / 1024} KiB without completing its answer`,
      );
    if (this.#reads > answerLimits.reads)
      return new UnusableAnswerError(
        "ANSWER_IN_PIECES",
        `sent its answer in more than ${answerLimits.reads} pieces without completing it`,
      );
    if (this.#isFinal) return chunk;
    return this.#startsFinalAnswer(chunk) ? this.#final(chunk) : this.#skipInterim(chunk);
  }

  /** True for nearly every answer: its first read begins with `HTTP/1.1 2` to `9`. */
  #startsFinalAnswer(chunk: Buffer): boolean {
    const status = chunk[9] ?? 0;
    return (
      this.#held.length === 0 && !this.#isInInterim && chunk[0] === letterH && status >= digit2 && status <= digit9
    );
  }

  #final(rest: Buffer): Buffer {
    this.#isFinal = true;
    this.#held = nothing;
    return rest;
  }

  #skipInterim(chunk: Buffer): Buffer | UnusableAnswerError {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      if (this.#isInInterim) {
        const end = rest.indexOf(endOfHead);
        if (end < 0) return this.#hold(rest.subarray(-(endOfHead.length - 1)));
        rest = rest.subarray(end + endOfHead.length);
        this.#isInInterim = false;
      }
      rest = withoutLineBreaks(rest);
      if (rest.length < statusLineBytes && mayBecomeStatusLine(rest)) return this.#hold(rest);
      const status = statusOf(rest);
      if (status >= 200) return this.#final(rest);
      if (!(status >= 100)) return notHttp(rest);
      if (status === 101)
        return new UnusableAnswerError("UPGRADE", "answered 101: it wants to switch to another protocol");
      this.#interimAnswers += 1;
      if (this.#interimAnswers > answerLimits.interimAnswers)
        return new UnusableAnswerError(
          "INTERIM_ANSWERS",
          `sent more than ${answerLimits.interimAnswers} interim answers (1xx) before its answer`,
        );
      this.#isInInterim = true;
    }
  }

  #hold(rest: Buffer): Buffer {
    this.#held = Buffer.from(rest);
    return nothing;
  }
}

/** A receiver may send some before its status line (RFC 9112, section 2.2, of requests; parsers accept them in both). */
function withoutLineBreaks(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === carriageReturn || bytes[start] === lineFeed) start += 1;
  return bytes.subarray(start);
}

const statusLine = /^HTTP\/\d\.\d (\d{3})/;

/** NaN if the bytes are not a status line. */
const statusOf = (bytes: Buffer): number =>
  Number(statusLine.exec(bytes.toString("latin1", 0, statusLineBytes))?.[1] ?? Number.NaN);

/** Whether the bytes are the start of a status line. */
function mayBecomeStatusLine(bytes: Buffer): boolean {
  const text = bytes.toString("latin1");
  return statusLine.test(text + "HTTP/1.1 200".slice(text.length));
}

function notHttp(bytes: Buffer): UnusableAnswerError {
  const start = bytes.toString("latin1", 0, statusLineBytes).replace(/[^ -~]/g, escaped);
  return new UnusableAnswerError("NOT_HTTP", `did not answer in HTTP/1.1: its answer begins with "${start}"`);
}

const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
