import { Type } from "typebox";
import { writeApplications } from "../applications/write-applications.ts";
import { account, adminUrl, application, settings } from "../examples/example-portal.ts";
import { writeApplication } from "./answer-application.ts";
import type { DocumentedAnswer } from "./documented-answer.ts";
import { id, links, metadata, nullable, optionalText, time, times } from "./schema-parts.ts";

const schema = Type.Object({
  application: Type.Object(
    {
      id,
      state: Type.String({ enum: ["pending", "live", "suspended"] }),
      enabled: Type.Boolean({ description: "Whether it is live, and nothing around it is about to go." }),
      ...times,
      service_id: id,
      service_name: Type.String(),
      plan_id: id,
      plan_name: Type.String(),
      account_id: id,
      org_name: Type.String(),
      first_traffic_at: nullable(time),
      first_daily_traffic_at: nullable(time),
      user_key: Type.Optional(Type.String({ description: "Where the service knows applications by a user key." })),
      provider_verification_key: optionalText,
      application_id: Type.Optional(Type.String({ description: "Where it knows them by an id, or as a client." })),
      redirect_url: Type.Optional(nullable(Type.String())),
      client_id: Type.Optional(Type.String({ description: "OAuth and OpenID Connect." })),
      client_secret: Type.Optional(nullable(Type.String())),
      oidc_configuration: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      links,
      name: optionalText,
      description: optionalText,
    },
    { title: "Application", additionalProperties: true, description: "Followed by the fields that you have defined." },
  ),
});

export const applicationAnswer: DocumentedAnswer = {
  schema,
  example: writeApplication(application, { settings, adminUrl, account }),
};

const applications = [application];
const accounts = [account];

export const applicationsAnswer: DocumentedAnswer = {
  schema: Type.Object({ applications: Type.Array(schema) }),
  example: writeApplications({ applications, accounts, settings, adminUrl }),
};

export const allApplicationsAnswer: DocumentedAnswer = {
  schema: Type.Object({ applications: Type.Array(schema), metadata }),
  example: writeApplications({
    applications,
    accounts,
    standing: { per_page: 1, total_entries: 600, total_pages: 600, current_page: 1 },
    settings,
    adminUrl,
  }),
};
