import type { Json } from "#platform/document/write-json.ts";
import { fieldsToJson, type DocumentSettings } from "#portal/fields/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";

import type { Application } from "./application.ts";
import { fieldValuesOf } from "./represent-application.ts";

export interface JsonContext {
  readonly settings: DocumentSettings;
  /** The origin that the API is reached at: links start with it. */
  readonly adminUrl: string;
  readonly account: { readonly orgName: string; readonly state: string };
}

/** An application as the API's JSON has it. */
export function applicationToJson(application: Application, { settings, adminUrl, account }: JsonContext): Json {
  const { provider, definitions } = settings;
  const time = (at: Date | null): string | null => at && writeTimestamp(at, provider.timeZone);
  const { product, plan } = application;
  const isGoing = [provider.state, account.state].includes("scheduled_for_deletion");
  return {
    application: {
      id: application.id,
      state: application.state,
      enabled: application.state === "live" && !isGoing,
      created_at: time(application.createdAt),
      updated_at: time(application.updatedAt),
      service_id: product.id,
      service_name: product.name,
      plan_id: plan.id,
      plan_name: plan.name,
      account_id: application.accountId,
      org_name: account.orgName,
      first_traffic_at: time(application.firstTrafficAt),
      first_daily_traffic_at: time(application.firstDailyTrafficAt),
      ...credentialsToJson(application),
      ...(product.oidcConfiguration ? { oidc_configuration: { ...product.oidcConfiguration } } : {}),
      links: linksOf(application, `${adminUrl}/admin/api`),
      ...fieldsToJson(definitions, "Cinstance", fieldValuesOf(application)),
    },
  };
}

function credentialsToJson(application: Application): Readonly<Record<string, Json>> {
  const { applicationId } = application;
  switch (application.product.backendVersion) {
    case "1":
      return { user_key: application.userKey, provider_verification_key: application.providerVerificationKey };
    case "2":
      return { application_id: applicationId };
    case "oauth":
      return {
        application_id: applicationId,
        redirect_url: application.redirectUrl,
        client_id: applicationId,
        client_secret: application.keys[0]?.value ?? null,
      };
  }
}

function linksOf({ id, accountId, product, plan }: Application, api: string): readonly Json[] {
  const account = `${api}/accounts/${accountId}`;
  const self = `${account}/applications/${id}`;
  const service = `${api}/services/${product.id}`;
  return [
    { rel: "self", href: self },
    { rel: "service", href: service },
    { rel: "account", href: account },
    { rel: "plan", href: `${service}/application_plans/${plan.id}` },
    { rel: "keys", href: `${self}/keys` },
    { rel: "referrer_filters", href: `${self}/referrer_filters` },
  ];
}
