import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import fastify, { type FastifyInstance } from "fastify";

const compress = promisify(brotliCompress);

/** 5 MB become 1.4 in half a second; a higher level would take ten for a tenth less. */
const compressionLevel = 5;

/**
 * Serves the script of Scalar's API reference, and gives its path. Its plugin would also serve a page with an inline
 * script, which our pages do not allow; so the plugin is asked for the script alone, when somebody first wants it.
 */
export async function serveScalar(http: FastifyInstance, prefix: string): Promise<string> {
  let ready: Promise<{ plain: Buffer; compressed: Buffer }> | undefined;
  const path = `${prefix}/scalar.js`;

  http.get(path, async (request, reply) => {
    const script = await (ready ??= readScript());
    const isCompressed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
    if (isCompressed) reply.header("content-encoding", "br");
    return reply
      .type("text/javascript; charset=utf-8")
      .header("cache-control", "private, max-age=86400")
      .header("vary", "accept-encoding")
      .send(isCompressed ? script.compressed : script.plain);
  });
  return path;
}

async function readScript(): Promise<{ plain: Buffer; compressed: Buffer }> {
  const { default: apiReference } = await import("@scalar/fastify-api-reference");
  const scratch = fastify();
  await scratch.register(apiReference, { routePrefix: "/scalar", configuration: { content: {} } });
  const { rawPayload: plain } = await scratch.inject("/scalar/js/scalar.js");
  await scratch.close();
  const compressed = await compress(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: compressionLevel } });
  return { plain, compressed };
}
