import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "#http/shared/problem.ts";
import { nestFields } from "./nest-fields.ts";

/** Reads bodies as 3scale does: JSON, forms with brackets, and multipart forms, whose files are left out. */
export function acceptBodies(http: FastifyInstance): void {
  http.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    async (_request: FastifyRequest, body: string) => {
      if (body.trim() === "") return {};
      const read = parseJson(body);
      if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Problem("request-unreadable");
      return read;
    },
  );

  http.addContentTypeParser(
    ["application/x-www-form-urlencoded", "multipart/form-data"],
    { parseAs: "buffer" },
    async ({ headers }: FastifyRequest, body: Buffer<ArrayBuffer>) => {
      const form = await readForm(body, headers["content-type"] ?? "");
      return nestFields([...form].filter((field): field is [string, string] => typeof field[1] === "string"));
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}

async function readForm(body: Buffer<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}
