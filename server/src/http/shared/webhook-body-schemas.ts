import { Type, type TSchema } from "typebox";

type Data = "account" | "user" | "application";

/** What the data of an event are about. */
export function dataOf(eventType: string): Data {
  const [object] = eventType.split(".", 1);
  return object === "account" || object === "user" ? object : "application";
}

interface BodySchemas {
  /** What a CloudEvent in binary mode consists of, and what the others contain. */
  readonly data: TSchema;
  readonly json: TSchema;
  readonly cloudEvent: TSchema;
}

const time = (description: string) => Type.String({ format: "date-time", description });

const actor = Type.Object({
  kind: Type.String({ enum: ["developer", "admin", "token", "key", "system"] }),
  user_id: Type.Optional(Type.Integer({ description: "Absent for `key` and `system`, which have no user." })),
});

const key = Type.Object(
  {
    last4: Type.String(),
    created_at: Type.String(),
    value: Type.Optional(Type.String({ description: "Only where the endpoint includes credentials." })),
  },
  { description: "Of events about a key: which one." },
);

const fieldsOf = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });

function schemasOf(name: Data, title: string): BodySchemas {
  const data = Type.Object(
    {
      [name]: fieldsOf(
        `The ${name} after the change: what the XML holds, without keys unless the endpoint includes them.`,
      ),
      ...(name === "account" ? {} : { account: Type.Object({ id: Type.Integer(), org_name: Type.String() }) }),
      ...(name === "application" ? { key: Type.Optional(key) } : {}),
      previous: Type.Optional(fieldsOf("For updates: the changed fields with the values that they had.")),
      actor,
      channel: Type.String({ enum: ["developer_portal", "admin_portal", "api", "system"] }),
      sequence: Type.Integer({
        description:
          "Counts the events of the account without gaps. After a database failover or restore it jumps ahead by a million or more.",
      }),
    },
    { title: `${title}Data` },
  );
  const json = Type.Object(
    { type: Type.String(), timestamp: time("When it happened."), data },
    { title: `${title}Event`, description: "As Standard Webhooks recommends." },
  );
  const cloudEvent = Type.Object(
    {
      specversion: Type.String(),
      id: Type.String({ format: "uuid" }),
      source: Type.String({ format: "uri", description: "How the outside reaches the provider's admin side." }),
      type: Type.String(),
      subject: Type.String({ description: "`application/41`" }),
      time: time("When it happened."),
      bellwiresequence: Type.Integer(),
      bellwireactor: Type.String(),
      bellwirechannel: Type.String(),
      datacontenttype: Type.String(),
      data,
    },
    { title: `${title}CloudEvent`, description: "CloudEvents 1.0 in structured mode." },
  );
  return { data, json, cloudEvent };
}

/** What is sent as JSON, by what it is about. */
export const bodySchemas: Readonly<Record<Data, BodySchemas>> = {
  account: schemasOf("account", "Account"),
  user: schemasOf("user", "User"),
  application: schemasOf("application", "Application"),
};
