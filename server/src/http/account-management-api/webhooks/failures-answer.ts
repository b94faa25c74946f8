import { Type } from "typebox";
import { exampleError } from "#http/shared/describe-webhooks.ts";
import { exampleTime, laterExampleTime } from "#platform/clock/example-times.ts";
import { sampleBody } from "#webhooks/events/index.ts";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { time } from "../answers/schema-parts.ts";
import { failuresToJson, failuresToXml } from "./represent-failures.ts";

const sample = {
  id: "019ca8a1-3a50-7c1e-9d24-5b0f6f1a2c33",
  type: "user.deleted",
  now: exampleTime,
  source: "https://acme.example",
} as const;

const failures = [
  {
    eventId: sample.id,
    failedAt: laterExampleTime,
    error: exampleError,
    url: "https://hooks.example.com/3scale",
    body: sampleBody(sample, "3scale"),
  },
];

export const failuresAnswer: DocumentedAnswer = {
  schema: Type.Object({
    "webhooks-failures": Type.Array(
      Type.Object({
        "webhooks-failure": Type.Object(
          {
            id: Type.String({ description: "The event's id, which the receiver knows as `webhook-id`." }),
            time,
            error: Type.String(),
            url: Type.String(),
            event: Type.String({ description: "The document that could not be delivered." }),
          },
          { title: "WebhooksFailure" },
        ),
      }),
    ),
  }),
  example: { xml: () => failuresToXml([failures]), json: () => failuresToJson([failures]) },
};
