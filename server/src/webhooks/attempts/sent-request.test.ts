import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { buildAttempt, buildSender, testSecret } from "../../../test/support/build-attempts.ts";
import { urlSecrets } from "#webhooks/endpoints/index.ts";
import { maskOutcome, maskSentRequest, renderCurl, renderSentRequest } from "./attempt-request.ts";
import { verifySignature } from "./signature.ts";

/** Accepts requests and keeps their bytes. */
async function startRecorder(): Promise<{ readonly url: string; readonly requests: string[] } & AsyncDisposable> {
  const requests: string[] = [];
  const server = createServer((socket) => {
    let text = "";
    socket
      .on("error", () => socket.destroy())
      .on("data", (chunk) => {
        text += chunk.toString("latin1");
        const [head = "", body] = text.split("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        if (body === undefined || body.length < length) return;
        requests.push(text);
        text = "";
        socket.write("HTTP/1.1 204 No Content\r\n\r\n");
      });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    requests,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A request with everything that a shell or curl could change. */
const awkward = (url: string) =>
  buildAttempt({
    url: `${url.replace("http://", "http://us%40er:p'ss@")}?key=a%2Fb&range=[1-3]&set={a,b}&it's=$HOME`,
    body: Buffer.from(`{"org_name":"Åse's \\"Harbour\\" & $HOME \`id\`","note":"@file\\n"}\n\n`),
    headers: { "X-Tenant": "acme 'north'", "X-Empty": "", "x-long": "a;b,c" },
    contentType: "application/json",
    attempt: 3,
    replay: 1,
    cloudEventSource: "https://acme-admin.example",
  });

const wire = ({ url, headers, body }: NonNullable<ReturnType<typeof renderSentRequest>>): string => {
  const { pathname, origin } = new URL(url);
  const path = url.slice(origin.length) || pathname;
  const head = [`POST ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return `${head.join("\r\n")}\r\n\r\n${Buffer.from(body).toString("latin1")}`;
};

test("a rendered request equals the sent bytes", async () => {
  await using recorder = await startRecorder();
  await using sender = buildSender();
  const request = awkward(recorder.url);
  await sender.send(request);
  const sent = renderSentRequest(request, "Bellwire/test");
  expect(recorder.requests).toEqual([sent && wire(sent)]);
});

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

test.skipIf(!hasCurl)("the curl command sends the same request line, headers, body and signature", async () => {
  await using recorder = await startRecorder();
  await using sender = buildSender();
  const request = awkward(recorder.url);
  await sender.send(request);
  const sent = renderSentRequest(request, "Bellwire/test");
  if (!sent) throw new Error("The request was not rendered.");
  await promisify(execFile)("sh", ["-c", renderCurl(sent)], { env: { PATH: process.env["PATH"] } });

  const [ours = "", curls = ""] = recorder.requests.map(inNameOrder);
  expect(curls).toEqual(ours);
  const [head = "", body = ""] = (recorder.requests[1] ?? "").split("\r\n\r\n");
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim() ?? "";
  const content = {
    id: header("webhook-id"),
    timestamp: header("webhook-timestamp"),
    body: Buffer.from(body, "latin1"),
  };
  expect(verifySignature(content, header("webhook-signature"), [testSecret])).toBe(true);
});

/** curl writes `Host`, puts the length elsewhere, and no space before an empty value. */
function inNameOrder(request: string): readonly string[] {
  const [head = "", body = ""] = request.split("\r\n\r\n");
  const [line = "", ...headers] = head.split("\r\n");
  return [
    line,
    ...headers.map((header) => header.trim().replace(/^[^:]+/, (name) => name.toLowerCase())).toSorted(),
    body,
  ];
}

test("a masked request shows no query value, custom header value, credentials or signature", () => {
  const request = awkward("http://receiver.example/hook");
  const sent = renderSentRequest(request, "Bellwire/test");
  if (!sent) throw new Error("The request was not rendered.");
  const { url, headers } = maskSentRequest(sent, { ...request, format: "json" });
  expect(url).toBe("http://receiver.example/hook?key=…&range=…&set=…&it's=…");
  const masked = headers.filter(([, value]) => value === "…").map(([name]) => name);
  expect(masked).toEqual(["webhook-signature", "X-Tenant", "X-Empty", "x-long", "authorization"]);
  expect(headers.map(([name]) => name)).toEqual(sent.headers.map(([name]) => name));
  expect(maskSentRequest(sent, { ...request, format: "chat" }).url).toBe(
    "http://receiver.example/…?key=…&range=…&set=…&it's=…",
  );
});

test("a request to an unsupported URL is not rendered", () => {
  expect(renderSentRequest(buildAttempt({ url: "ftp://receiver.example/" }), "Bellwire/test")).toBeUndefined();
});

test.each([
  ["json", "/hook?key=$&team=7", "at /hook?key=$&team=7, /hook, 7", "at /hook?key=…&team=…, /hook, 7"],
  ["json", "/hook?key=0123456789abcdef", "wrong: 0123456789abcdef", "wrong: …"],
  ["json", "/services/0123456789abcdef", "at /services/0123456789abcdef", "at /services/0123456789abcdef"],
  ["chat", "/services/T0/0123456789abcdef", '"\\/services\\/T0\\/0123456789abcdef"', '"\\/services\\/T0\\/…"'],
  ["chat", "/services/T0", "Cannot POST /services/T0", "Cannot POST /…"],
  ["chat", "/", "Cannot POST /", "Cannot POST /"],
] as const)("a %s response shows the secrets of its URL %s masked", (format, path, text, masked) => {
  const body = Buffer.concat([Buffer.from(text), Buffer.from([0xff])]);
  const answer = { kind: "answered", status: 404, headers: { "x-path": text }, body, latencyMs: 1 } as const;
  const secrets = urlSecrets({ url: `https://ann:pw@a.example${path}`, format });
  expect(maskOutcome(answer, secrets)).toEqual({
    ...answer,
    headers: { "x-path": masked },
    body: Buffer.concat([Buffer.from(masked), Buffer.from([0xff])]),
  });
});
