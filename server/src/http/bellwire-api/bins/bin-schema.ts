import { type Static, Type } from "typebox";
import { binLimits, formatBytes } from "#platform/limits.ts";
import { Nullable, Timestamp, pageQuery } from "../page-schema.ts";

const answer_status = Type.Integer({ minimum: 200, maximum: 599, description: "The status that it answers with." });
const answer_delay_ms = Type.Integer({
  minimum: 0,
  maximum: binLimits.answerDelaySeconds.max * 1000,
  description: "How long it waits before it answers.",
});

export const Bin = Type.Object(
  {
    id: Type.String(),
    url: Type.String({ description: "Takes any request. Whoever knows it cannot see what came." }),
    view_url: Type.String({
      description:
        "A secret: shows what the bin caught to whoever knows it, and lets them change its answer. Credentials, query " +
        "values and headers that may hold secrets are hidden, except from admins who are signed in to the Admin Portal.",
    }),
    answer_status,
    answer_delay_ms,
    requests_caught: Type.Integer({ description: "How many it ever caught. The newest are kept." }),
    created_at: Timestamp,
  },
  { title: "Bin", description: "A receiver for trying things out." },
);
export type BinAnswer = Static<typeof Bin>;

export const BinAnswerChange = Type.Partial(Type.Object({ answer_status, answer_delay_ms }), {
  title: "BinAnswerChange",
  additionalProperties: false,
});

/** As JSON Schema writes pairs since 2020, which is how OpenAPI 3.1 reads them. TypeBox writes them the old way. */
const Header = Type.Unsafe<[string, string]>({
  type: "array",
  description: "A name and a value.",
  prefixItems: [Type.String(), Type.String()],
  minItems: 2,
  maxItems: 2,
});

export const BinRequest = Type.Object(
  {
    number: Type.Integer({ description: "Counted from 1 in the order of arrival." }),
    received_at: Timestamp,
    method: Type.String(),
    path: Type.String(),
    query: Type.String(),
    headers: Type.Array(Header, { description: "As they came." }),
    body: Type.String({
      description: `The first ${formatBytes(binLimits.shownBodyBytes.max)} of it. The rest is read with \`readBinRequestBody\`.`,
    }),
    body_encoding: Type.Enum(["utf-8", "base64"], {
      description: "`base64` when the body is not text.",
    }),
    body_bytes: Type.Integer({ description: "How long the whole body is." }),
    body_truncated: Type.Boolean({ description: "Whether `body` is its beginning only." }),
    signature: Nullable(
      Type.Enum(["valid", "invalid", "missing"], {
        description: "Checked with the secrets of the endpoints that point here. Null when none does.",
      }),
    ),
  },
  { title: "BinRequest", description: "A request as it came." },
);
export type BinRequestAnswer = Static<typeof BinRequest>;

export const BinParams = Type.Object({ id: Type.String({ pattern: "^[\\w-]+$", description: "The bin's id." }) });
export const BinRequestParams = Type.Object({
  ...BinParams.properties,
  number: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: "The request's number." }),
});
export const BinRequestsQuery = Type.Object(pageQuery);
