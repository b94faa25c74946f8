import { Type, type TSchema } from "typebox";
import { pageLimit } from "./cut-page.ts";

export const Nullable = <It extends TSchema>(it: It) => Type.Union([it, Type.Null()]);

export const Timestamp = Type.String({ format: "date-time", description: "ISO 8601, UTC, with milliseconds." });

export const EventId = Type.String({ format: "uuid", description: "A UUIDv7. The same as `webhook-id`." });

/** How many to give at most, and where to go on. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 200, default: pageLimit, description: "How many to give at most." }),
  ),
  after: Type.Optional(Type.String({ description: "The `next` of the page before this one." })),
};

export const pageOf = <It extends TSchema>(it: It) =>
  Type.Object(
    {
      data: Type.Array(it),
      next: Nullable(Type.String({ description: "Give it as `after` to get the next page. Null on the last one." })),
    },
    { description: "One page." },
  );

/** Larger numbers than JSON can tell apart are nobody's id. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
