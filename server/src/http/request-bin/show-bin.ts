import { fileURLToPath } from "node:url";
import type { FastifyReply, FastifyRequest } from "fastify";
import { verifyBinRequest } from "#http/shared/bin-signature.ts";
import { createTemplateRenderer } from "#http/shared/pages.ts";
import type { Bin, BinRequest } from "#request-bin/index.ts";
import { answerChoices } from "./answer-choices.ts";
import { describeRequest } from "./describe-request.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import type { Turns } from "./turns.ts";
import { type Viewer, viewPath } from "./viewer.ts";

interface BinPage {
  readonly requests: readonly BinRequest[];
  /** The number before which there are more. */
  readonly older: number | undefined;
  /** Shows the newest, and goes on as more come. */
  readonly isNewest: boolean;
}

interface BinMessage {
  readonly status: number;
  readonly says: string;
  /** Under a host that nobody is served under there is no page to go on to. */
  readonly hasHome?: boolean;
}

export interface ShowBin {
  page(reply: FastifyReply, viewer: Viewer, page: BinPage): Promise<FastifyReply>;
  /** One request, as it stands on the viewer's page. */
  request(asked: FastifyRequest, viewer: Viewer, request: BinRequest): Promise<string>;
  message(reply: FastifyReply, message: BinMessage): Promise<FastifyReply>;
}

const templates = fileURLToPath(new URL("./templates/", import.meta.url));

/** Open at first; below them, one line each. */
const openRequestsMax = 3;

export function createShowBin(
  { pool, originOf, secretsOfBin, turns }: RequestBinNeeds & { readonly turns: Turns },
  assetPaths: Readonly<Record<string, string>>,
): ShowBin {
  const write = createTemplateRenderer(templates);
  const assets = { css: assetPaths["bin.css"], js: assetPaths["bin.js"], icon: assetPaths["icon.svg"] };
  const send = async (reply: FastifyReply, status: number, html: Promise<string>): Promise<FastifyReply> =>
    reply
      .code(status)
      .type("text/html; charset=utf-8")
      .send(await html);
  const surroundingsOf = async (asked: FastifyRequest, viewer: Viewer) => ({
    viewer,
    binUrl: `${originOf(asked)}/bins/${viewer.bin.id}`,
    secrets: await secretsOfBin(viewer.bin),
  });
  const message = (reply: FastifyReply, { status, says, hasHome = true }: BinMessage): Promise<FastifyReply> =>
    send(reply, status, write("message", { assets, says, has_home: hasHome }));

  return {
    message,
    async page(reply, viewer, { requests, older, isNewest }) {
      const { bin, isAdmin } = viewer;
      const surroundings = await surroundingsOf(reply.request, viewer);
      const described = [];
      for (const [at, request] of requests.entries()) {
        const it = await turns.run(async () => {
          const signature = await verifyBinRequest(pool, bin, { request, secrets: surroundings.secrets });
          return describeRequest(request, signature, surroundings);
        });
        described.push({ ...it, is_open: at < openRequestsMax });
      }
      const html = write("bin", {
        assets,
        is_newest: isNewest,
        is_masked: !isAdmin,
        paths: pathsOf(bin, older),
        bin: { url: surroundings.binUrl, requests_caught: bin.requestsCaught },
        ...answerChoices(bin),
        requests: described,
      });
      return send(reply, 200, html);
    },
    async request(asked, viewer, request) {
      const surroundings = await surroundingsOf(asked, viewer);
      const signature = await verifyBinRequest(pool, viewer.bin, { request, secrets: surroundings.secrets });
      const described = describeRequest(request, signature, surroundings);
      return write("request", { request: { ...described, is_open: true } });
    },
  };
}

/** Where the page's links and its form lead. */
const pathsOf = (bin: Bin, older: number | undefined) => ({
  newest: viewPath(bin),
  older: older === undefined ? undefined : viewPath(bin, "", { before: String(older) }),
  answer: viewPath(bin, "/answer"),
  stream: viewPath(bin, "/stream"),
});
