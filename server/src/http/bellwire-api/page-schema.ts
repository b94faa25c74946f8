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
  after: Type.Optional(Type.String({ minLength: 1, description: "The `next` of the page before this one." })),
};

export const pageOf = <It extends TSchema>(it: It) =>
  Type.Object(
    {
      data: Type.Array(it),
      next: Nullable(Type.String({ description: "Give it as `after` to get the next page. Null on the last one." })),
    },
    { description: "One page." },
  );

/** The id of something. Larger numbers than JSON can tell apart are nobody's. */
export const IdOf = (what: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: `The id of ${what}.` });

export const Since = Type.String({ ...Timestamp, description: "From this moment on." });
export const Until = Type.String({ ...Timestamp, description: "Up to this moment." });
