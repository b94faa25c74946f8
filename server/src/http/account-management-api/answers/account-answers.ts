import { Type } from "typebox";
import { writeAccounts } from "../accounts/write-accounts.ts";
import { account, adminUrl, settings, wholeAccount } from "../examples/example-portal.ts";
import { answerAccount } from "./answer-account.ts";
import type { DocumentedAnswer } from "./documented-answer.ts";
import { id, links, metadata, time, times } from "./schema-parts.ts";

export const accountSchema = Type.Object({
  account: Type.Object(
    {
      id,
      ...times,
      credit_card_stored: Type.Boolean(),
      credit_card_partial_number: Type.Optional(Type.String()),
      credit_card_expires_on: Type.Optional(Type.String({ format: "date" })),
      monthly_billing_enabled: Type.Optional(
        Type.Boolean({ description: "Absent, as is the next, while the account is suspended or about to go." }),
      ),
      monthly_charging_enabled: Type.Optional(Type.Boolean()),
      state: Type.String({
        enum: ["created", "pending", "approved", "rejected", "suspended", "scheduled_for_deletion"],
      }),
      deletion_date: Type.Optional(time),
      annotations: Type.Record(Type.String(), Type.String()),
      links,
      org_name: Type.String(),
    },
    { title: "Account", additionalProperties: true, description: "Followed by the fields that you have defined." },
  ),
});

export const accountAnswer: DocumentedAnswer = {
  schema: accountSchema,
  example: answerAccount({ adminUrl, caller: { reach: null } }, { whole: wholeAccount, settings }),
};

export const accountsAnswer: DocumentedAnswer = {
  schema: Type.Object({ accounts: Type.Array(accountSchema), metadata }),
  example: writeAccounts({
    accounts: [account],
    complete: async () => [wholeAccount],
    standing: { per_page: 1, total_entries: 600, total_pages: 600, current_page: 1 },
    settings,
    adminUrl,
  }),
};
