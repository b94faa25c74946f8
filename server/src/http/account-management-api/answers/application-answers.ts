import { Type } from "typebox";
import { writeApplicationKeys } from "../application-keys/write-application-keys.ts";
import { writeApplications } from "../applications/write-applications.ts";
import {
  account,
  adminUrl,
  application,
  provider,
  servicePlan,
  settings,
  times as exampleTimes,
} from "../examples/example-portal.ts";
import { writeReferrerFilters } from "../referrer-filters/write-referrer-filters.ts";
import { writeServiceContracts } from "../service-contracts/write-service-contracts.ts";
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

const key = Type.Object({ value: Type.String(), ...times, links }, { title: "ApplicationKey" });

export const applicationKeysAnswer: DocumentedAnswer = {
  schema: Type.Object({ keys: Type.Array(Type.Object({ key })) }),
  example: writeApplicationKeys({ provider, adminUrl }, application),
};

const filter = Type.Object({ id, value: Type.String(), ...times, links }, { title: "ReferrerFilter" });

export const referrerFiltersAnswer: DocumentedAnswer = {
  schema: Type.Object({ referrer_filters: Type.Array(Type.Object({ referrer_filter: filter })) }),
  example: writeReferrerFilters({ provider, adminUrl }, application, [
    { id: 51, applicationId: application.id, value: "*.harbour.example", ...exampleTimes },
  ]),
};

const nullableText = nullable(Type.String());
const nullableTime = nullable(time);

const contract = Type.Object(
  {
    id,
    plan_id: id,
    user_account_id: id,
    user_key: nullableText,
    provider_public_key: nullableText,
    ...times,
    state: Type.String({ enum: ["pending", "live", "suspended"] }),
    description: nullableText,
    paid_until: nullableTime,
    application_id: nullableText,
    name: nullableText,
    trial_period_expires_at: nullableTime,
    setup_fee: Type.String(),
    redirect_url: nullableText,
    variable_cost_paid_until: time,
    extra_fields: nullableText,
    tenant_id: id,
    create_origin: nullableText,
    first_traffic_at: nullableTime,
    first_daily_traffic_at: nullableTime,
    service_id: id,
    accepted_at: nullableTime,
  },
  { title: "ServiceContract" },
);

export const serviceContractsAnswer: DocumentedAnswer = {
  schema: Type.Object({ service_contracts: Type.Array(Type.Object({ service_contract: contract })) }),
  example: writeServiceContracts({ provider, now: exampleTimes.updatedAt }, [
    {
      subscription: {
        id: 61,
        accountId: account.id,
        productId: application.product.id,
        planId: servicePlan.id,
        state: "live",
        ...exampleTimes,
      },
      plan: servicePlan,
    },
  ]),
};
