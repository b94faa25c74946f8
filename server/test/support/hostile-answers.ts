import type { Socket } from "node:net";

export interface HostileAnswer {
  readonly name: string;
  readonly answer: (socket: Socket) => void;
  /** The status of the attempt, or the reason of its failure. */
  readonly endsAs: number | string | RegExp;
}

/**
 * Writes the start and 1 MiB, which exceeds every limit, and then 1 MiB per second while the connection is read. The bytes are
 * made once, so that a benchmark measures the sender and not its receivers.
 */
function begin(start: string, repeated: string): (socket: Socket) => void {
  let cached: Buffer | undefined;
  return (socket) => {
    const chunk = (cached ??= Buffer.from(repeated.repeat(Math.ceil(2 ** 20 / repeated.length)), "latin1"));
    socket.write(start, "latin1");
    socket.write(chunk);
    const timer = setInterval(() => socket.write(chunk), 1000);
    socket.once("close", () => clearInterval(timer));
  };
}

/** Writes the text repeatedly, one byte per turn of the event loop. */
function drip(socket: Socket, text: string): void {
  socket.setNoDelay(true);
  let at = 0;
  const next = (): void => {
    if (socket.destroyed) return;
    socket.write(text.charAt(at % text.length));
    at += 1;
    setImmediate(next);
  };
  next();
}

const ok = "HTTP/1.1 200 OK\r\n";
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
const write =
  (text: string) =>
  (socket: Socket): void => {
    socket.write(text, "latin1");
  };
const writeAndEnd =
  (text: string) =>
  (socket: Socket): void => {
    socket.end(text, "latin1");
  };

const tooLong = "sent more than 128 KiB without completing its answer";
/** The number of bytes per read depends on the machine. */
const inPieces = /sent (its answer in )?more than (200 pieces|128 KiB|16 KiB of headers)/;
const interim = "sent more than 32 interim answers (1xx) before its answer";
const headers = "sent more than 16 KiB of headers";
const trailers = "sent more than 16 KiB of trailers";
const notHttp = "did not answer in HTTP/1.1";
const wrongLength = "announced a length for its answer that the answer does not have";
const early = "closed the connection before it had answered";
const amidst = "closed the connection in the middle of its answer";
const upgrade = "answered 101: it wants to switch to another protocol";

/** Responses that delay a sender, fill its memory, or confuse it. */
export const hostileAnswers: readonly HostileAnswer[] = [
  // Before the answer
  { name: "endless 100 Continue", answer: begin("", "HTTP/1.1 100 Continue\r\n\r\n"), endsAs: interim },
  { name: "endless 102 Processing", answer: begin("", "HTTP/1.1 102 Processing\r\n\r\n"), endsAs: interim },
  {
    name: "endless 103 with headers",
    answer: begin("", `HTTP/1.1 103 Hints\r\nLink: ${"x".repeat(2000)}\r\n\r\n`),
    endsAs: interim,
  },
  {
    name: "an interim answer without an end",
    answer: begin("HTTP/1.1 103 Hints\r\n", "Link: </style.css>\r\n"),
    endsAs: tooLong,
  },
  {
    name: "an interim answer byte by byte",
    answer: (socket) => drip(socket, `HTTP/1.1 102 Processing\r\n${"X: y\r\n".repeat(100_000)}\r\n`),
    endsAs: inPieces,
  },
  { name: "endless line breaks", answer: begin("", "\r\n"), endsAs: tooLong },
  { name: "endless line feeds", answer: begin("", "\n"), endsAs: tooLong },
  { name: "line breaks byte by byte", answer: (socket) => drip(socket, "\r\n"), endsAs: inPieces },
  // The head
  { name: "an endless reason phrase", answer: begin("HTTP/1.1 200 ", "O"), endsAs: headers },
  { name: "endless headers", answer: begin(ok, "X-More: of the same\r\n"), endsAs: headers },
  { name: "endless short headers", answer: begin(ok, "a:\r\n"), endsAs: headers },
  { name: "an endless header name", answer: begin(ok, "x"), endsAs: headers },
  { name: "an endless header value", answer: begin(`${ok}X: `, "x"), endsAs: headers },
  { name: "endless spaces before a header value", answer: begin(`${ok}X:`, " "), endsAs: headers },
  {
    name: "a head byte by byte",
    answer: (socket) => drip(socket, `${ok}${"X: y\r\n".repeat(100_000)}`),
    endsAs: inPieces,
  },
  {
    name: "a header named __proto__",
    answer: writeAndEnd(`${ok}__proto__: x\r\nContent-Length: 0\r\n\r\n`),
    endsAs: 200,
  },
  { name: "a NUL in a header", answer: write(`${ok}X: a\0b\r\n\r\n`), endsAs: notHttp },
  { name: "lines that end in LF", answer: write("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), endsAs: notHttp },
  { name: "two lengths", answer: write(`${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`), endsAs: wrongLength },
  { name: "a length that is no number", answer: write(`${ok}Content-Length: -1\r\n\r\n`), endsAs: notHttp },
  {
    name: "a length beside chunks",
    answer: write(`${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    endsAs: wrongLength,
  },
  { name: "status 042", answer: write("HTTP/1.1 042 Low\r\nContent-Length: 0\r\n\r\n"), endsAs: notHttp },
  { name: "status 20000", answer: write("HTTP/1.1 20000 High\r\nContent-Length: 0\r\n\r\n"), endsAs: notHttp },
  // The body
  { name: "an endless body", answer: begin(`${ok}\r\n`, "<"), endsAs: 200 },
  { name: "an endless body in chunks", answer: begin(chunked, `2000\r\n${"x".repeat(0x2000)}\r\n`), endsAs: 200 },
  { name: "a body of terabytes", answer: begin(`${ok}Content-Length: 9000000000000\r\n\r\n`, "x"), endsAs: 200 },
  { name: "an endless body in chunks of one byte", answer: begin(chunked, "1\r\nx\r\n"), endsAs: tooLong },
  { name: "an endless chunk extension", answer: begin(`${chunked}1;`, "x"), endsAs: tooLong },
  { name: "endless chunk extensions", answer: begin(chunked, `1;${"x".repeat(1000)}\r\nx\r\n`), endsAs: tooLong },
  { name: "an endless chunk size", answer: begin(chunked, "0"), endsAs: tooLong },
  { name: "endless trailers", answer: begin(`${chunked}0\r\n`, "X-More: of the same\r\n"), endsAs: trailers },
  {
    name: "a body byte by byte",
    answer: (socket) => {
      socket.write(`${ok}\r\n`);
      drip(socket, "x");
    },
    endsAs: inPieces,
  },
  { name: "half a body", answer: writeAndEnd(`${ok}Content-Length: 100\r\n\r\nhalf`), endsAs: amidst },
  { name: "a body with a 204", answer: writeAndEnd(`HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc`), endsAs: 204 },
  {
    name: "two answers",
    answer: write(`${ok}Content-Length: 0\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n`),
    endsAs: 200,
  },
  // Another protocol
  {
    name: "101 with its headers",
    answer: write("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    endsAs: upgrade,
  },
  { name: "101 alone", answer: write("HTTP/1.1 101 Switching\r\n\r\n"), endsAs: upgrade },
  { name: "HTTP/0.9", answer: writeAndEnd("<html>hello</html>"), endsAs: notHttp },
  {
    name: "HTTP/2",
    answer: write("\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff"),
    endsAs: notHttp,
  },
  { name: "a TLS alert", answer: write("\x15\x03\x03\0\x02\x02\x28"), endsAs: notHttp },
  { name: "SSH", answer: write("SSH-2.0-OpenSSH_9.9\r\n"), endsAs: notHttp },
  { name: "SMTP", answer: write("220 mail.example.com ESMTP\r\n"), endsAs: notHttp },
  { name: "RTSP", answer: write("RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), endsAs: notHttp },
  { name: "endless zeros", answer: begin("", "\0"), endsAs: notHttp },
  // No answer
  { name: "a hang-up", answer: (socket) => void socket.end(), endsAs: early },
  { name: "a reset", answer: (socket) => void socket.resetAndDestroy(), endsAs: early },
  { name: "a hang-up within the head", answer: writeAndEnd("HTTP/1.1 20"), endsAs: early },
  { name: "a hang-up after 100 Continue", answer: writeAndEnd("HTTP/1.1 100 Continue\r\n\r\n"), endsAs: early },
];
