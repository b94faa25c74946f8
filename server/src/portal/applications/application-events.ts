import { isDeepStrictEqual } from "node:util";
import type { AccountEvent } from "#portal/accounts/record-account-events.ts";
import type { DocumentSettings } from "#portal/fields/index.ts";
import { writeTimestamp } from "#portal/providers/index.ts";

import type { Application, ApplicationKey } from "./application.ts";
import { representApplication, representDeletedApplication } from "./represent-application.ts";

export type ApplicationEventType = Extract<AccountEvent["type"], `application.${string}`>;

type Previous = Readonly<Record<string, unknown>>;

type ToldKey = Pick<ApplicationKey, "value" | "createdAt">;

/** What is told of an application: by name alone, with what was there before, or with the key that it is about. */
export type Told =
  | ApplicationEventType
  | { readonly type: ApplicationEventType; readonly previous: Previous }
  | { readonly type: ApplicationEventType; readonly key: ToldKey };

/** What happened to an application's key, or to its user key, which is as old as its last change. */
export const ofKey = (
  type: Extract<ApplicationEventType, `${string}key_${string}`>,
  { value, createdAt }: ToldKey,
): Told => ({ type, key: { value, createdAt } });

/** The event of an application that was made, changed or is gone, in its final state. */
export function applicationEvent(told: Told, settings: DocumentSettings, application: Application): AccountEvent {
  const { type, previous, key } = {
    previous: undefined,
    key: undefined,
    ...(typeof told === "string" ? { type: told } : told),
  };
  const represent = type === "application.deleted" ? representDeletedApplication : representApplication;
  return {
    type,
    objectId: application.id,
    document: represent(application, settings),
    ...(previous === undefined ? {} : { previous }),
    ...(key === undefined
      ? {}
      : { key: { value: key.value, createdAt: writeTimestamp(key.createdAt, settings.provider.timeZone) } }),
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
  accepted_at: application.acceptedAt,
  create_origin: application.createOrigin,
  redirect_url: application.redirectUrl,
  first_traffic_at: application.firstTrafficAt,
  first_daily_traffic_at: application.firstDailyTrafficAt,
});
