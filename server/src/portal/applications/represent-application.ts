import { list, record, value, type Node } from "#platform/document/document.ts";
import { representFields, type DocumentSettings, type FieldValues } from "#portal/fields/index.ts";
import { representPlan, type OidcConfiguration } from "#portal/products/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";

import type { Application } from "./application.ts";

/** An application as XML documents and webhooks have it. */
export function representApplication(application: Application, settings: DocumentSettings): Node {
  const { timeZone } = settings.provider;
  const time = (name: string, at: Date | null): Node => value(name, at && writeTimestamp(at, timeZone));
  const { product } = application;
  return record("application", [
    value("id", application.id),
    time("created_at", application.createdAt),
    time("updated_at", application.updatedAt),
    value("state", application.state),
    value("user_account_id", application.accountId),
    time("first_traffic_at", application.firstTrafficAt),
    time("first_daily_traffic_at", application.firstDailyTrafficAt),
    value("service_id", product.id),
    ...representCredentials(application),
    representPlan(application.plan),
    ...(product.oidcConfiguration ? [representOidcConfiguration(product.oidcConfiguration)] : []),
    ...representFields(settings.definitions, "Cinstance", fieldValuesOf(application)),
    ...(product.referrerFiltersRequired
      ? [
          list(
            "referrer_filters",
            application.referrerFilters.map((it) => value("referrer_filter", it)),
            "open",
          ),
        ]
      : []),
  ]);
}

/** The last document of an application: all of it but its keys, which no longer open anything. */
export function representDeletedApplication(application: Application, settings: DocumentSettings): Node {
  const document = representApplication(application, settings);
  return "record" in document
    ? { ...document, record: document.record.filter((child) => child.name !== "keys") }
    : document;
}

/** What the application proves itself with, by the way of its product. */
function representCredentials(application: Application): readonly Node[] {
  const keys = list(
    "keys",
    application.keys.map((key) => value("key", key.value)),
    "open",
  );
  switch (application.product.backendVersion) {
    case "1":
      return [
        value("user_key", application.userKey),
        value("provider_verification_key", application.providerVerificationKey),
      ];
    case "2":
      return [value("application_id", application.applicationId), keys];
    case "oauth":
      return [value("application_id", application.applicationId), value("redirect_url", application.redirectUrl), keys];
  }
}

const representOidcConfiguration = (configuration: OidcConfiguration): Node =>
  record("oidc_configuration", [
    value("id", configuration.id),
    value("standard_flow_enabled", configuration.standard_flow_enabled),
    value("implicit_flow_enabled", configuration.implicit_flow_enabled),
    value("service_accounts_enabled", configuration.service_accounts_enabled),
    value("direct_access_grants_enabled", configuration.direct_access_grants_enabled),
  ]);

export const fieldValuesOf = ({ name, description, fields }: Application): FieldValues => ({
  ...fields,
  ...(name === null ? {} : { name }),
  ...(description === null ? {} : { description }),
});
