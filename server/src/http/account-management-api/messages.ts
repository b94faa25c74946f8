import { Type } from "typebox";
import { textLimits } from "#platform/limits.ts";
import { renderXmlDocument, toXmlText } from "#platform/xml.ts";
import { messageToJson, representMessage, sendMessage } from "#portal/accounts/index.ts";
import { messageUrl } from "#portal/providers/index.ts";
import { exampleProvider, exampleTimestamps } from "./example-portal.ts";
import { type Operation, parseText } from "./operation.ts";
import {
  type ApiResponse,
  idSchema,
  optionalText,
  renderJson,
  renderRefusedTransition,
  requireSuccess,
  timestamps,
} from "./responses.ts";

const MessageSchema = Type.Object({
  message: Type.Object(
    {
      id: idSchema,
      body: optionalText,
      subject: Type.String(),
      state: Type.Literal("sent"),
      ...timestamps,
    },
    { title: "Message" },
  ),
});

const render = (
  message: { readonly id: number; readonly subject: string; readonly body: string | null; readonly createdAt: Date },
  provider: Parameters<typeof messageToJson>[2],
): ApiResponse => ({
  xml: () => renderXmlDocument(representMessage({ ...message, state: "sent" })),
  json: () => renderJson(messageToJson({ ...message, state: "sent" }, message.createdAt, provider)),
});

const exampleText = { subject: "New prices", body: "From May on, the first 1,000 calls of a day are free." };

/** Returns a refused text for the response, which repeats it although it may have characters that XML cannot contain. */
const unsentText = (sent: unknown): string | null => {
  const text = parseText(sent);
  return text === undefined ? null : toXmlText(text);
};

/** Columns of 3scale's messages that a client cannot set. */
const ignored = [
  "created_at",
  "headers",
  "hidden_at",
  "origin",
  "sender_id",
  "state",
  "system_operation_id",
  "tenant_id",
  "type",
  "updated_at",
];

export const messageOperations: readonly Operation[] = [
  {
    title: "Account Message",
    description: "Sends a message to an account. The account's admins also get it by email.",
    method: "POST",
    path: "/accounts/{account_id}/messages",
    action: "change-portal",
    body: Type.Object(
      {
        subject: Type.String({ maxLength: 255, description: "One line." }),
        body: Type.Optional(Type.String({ maxLength: textLimits.field.max, description: "The text of the message." })),
      },
      { examples: [exampleText] },
    ),
    wrapper: "message",
    wrapperMayBeEmpty: true,
    ignored,
    response: {
      schema: MessageSchema,
      example: render({ id: 74, ...exampleText, createdAt: exampleTimestamps.createdAt }, exampleProvider),
    },
    async handle(needs, { provider, by, id, values }) {
      const urlOf = messageUrl(needs, provider);
      const accountId = id("account_id");
      const outcome = await sendMessage(needs.pool, { provider, accountId, sender: "provider", values, urlOf, by });
      if (outcome && "refused" in outcome) {
        const unsent = {
          id: null,
          subject: unsentText(values["subject"]),
          body: unsentText(values["body"]),
          state: "unsent",
        } as const;
        const object = { xml: () => representMessage(unsent), json: () => messageToJson(unsent, null, provider) };
        return renderRefusedTransition({ from: "unsent", event: "deliver", errors: outcome.refused, object });
      }
      return { ...render(requireSuccess(outcome).message, provider), status: 201 };
    },
  },
];
