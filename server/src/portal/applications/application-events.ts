import { isDeepStrictEqual } from "node:util";
import type { Account } from "#portal/accounts/index.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import type { NewEvent } from "#webhooks/events/index.ts";

import type { Application } from "./application.ts";
import { representApplication, representDeletedApplication } from "./represent-application.ts";

export type ApplicationEventType = Extract<NewEvent["type"], `application.${string}`>;

type Previous = Readonly<Record<string, unknown>>;

/** What is told of an application: by name alone, or with what was there before. */
export type Told = ApplicationEventType | { readonly type: ApplicationEventType; readonly previous: Previous };

/** The event of an application that was made, changed or is gone, in its final state. */
export function applicationEvent(
  told: Told,
  settings: DocumentSettings,
  { account, application }: { readonly account: Account; readonly application: Application },
): NewEvent {
  const { type, previous } = typeof told === "string" ? { type: told } : told;
  const represent = type === "application.deleted" ? representDeletedApplication : representApplication;
  return {
    type,
    objectId: application.id,
    accountId: account.id,
    accountName: account.orgName,
    document: represent(application, settings),
    ...(previous === undefined ? {} : { previous }),
  };
}

/** The fields of an application that differ, with the values that they had before, by their names in documents. */
export function changesOfApplication(before: Application, after: Application): Previous {
  const [old, now] = [toldOf(before), toldOf(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  const changed = [...names].filter((name) => !isDeepStrictEqual(old[name], now[name]));
  const isSecret = (name: string): boolean => name === "user_key"; // told that it changed, never what it was
  return Object.fromEntries(changed.map((name) => [name, isSecret(name) ? null : (old[name] ?? null)]));
}

const toldOf = (application: Application): Previous => ({
  ...application.fields,
  name: application.name,
  description: application.description,
  state: application.state,
  plan_id: application.plan.id,
  user_key: application.userKey,
  redirect_url: application.redirectUrl,
  first_traffic_at: application.firstTrafficAt,
  first_daily_traffic_at: application.firstDailyTrafficAt,
});
