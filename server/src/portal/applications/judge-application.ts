import { readLenientTime } from "#platform/clock/read-lenient-time.ts";
import { isXmlText } from "#platform/document/xml-text.ts";
import {
  mergeErrors,
  parseFieldInput,
  applyFieldInput,
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
} from "#portal/fields/index.ts";

import type { Application } from "./application.ts";

interface Wanted {
  /** As they came, by the names of fields and of the API. */
  readonly values: FieldInput;
  /** Only programs choose user keys and know of traffic. */
  readonly writer: FieldWriter;
  readonly now: Date;
}

/** An application after an input, and what is wrong with that. What the input does not name stays. */
export function judgeApplication(
  { definitions }: DocumentSettings,
  before: Application,
  { values, writer, now }: Wanted,
): { readonly application: Application; readonly errors: FieldErrors } {
  const held = {
    ...before.fields,
    ...(before.name === null ? {} : { name: before.name }),
    ...(before.description === null ? {} : { description: before.description }),
  };
  const { given, errors } = parseFieldInput({ definitions, target: "Cinstance", writer, held }, values);
  const { name, description, ...fields } = applyFieldInput(held, given);
  const redirectUrl = textOf(values, "redirect_url");
  const ofProgram = writer === "program" ? values : {};
  const userKey = textOf(ofProgram, "user_key") || undefined;
  const firstTrafficAt = timeOf(ofProgram, "first_traffic_at", now);
  const firstDailyTrafficAt = timeOf(ofProgram, "first_daily_traffic_at", now);
  const acceptedAt = timeOf(ofProgram, "accepted_at", now);
  const createOrigin = textOf(ofProgram, "create_origin") || undefined;
  return {
    application: {
      ...before,
      name: typeof name === "string" ? name : null,
      description: typeof description === "string" ? description : null,
      fields,
      redirectUrl: redirectUrl === undefined ? before.redirectUrl : redirectUrl || null,
      userKey: userKey ?? before.userKey,
      createOrigin: createOrigin ?? before.createOrigin,
      acceptedAt: at(acceptedAt, before.acceptedAt),
      firstTrafficAt: at(firstTrafficAt, before.firstTrafficAt),
      firstDailyTrafficAt: at(firstDailyTrafficAt, before.firstDailyTrafficAt),
    },
    errors: mergeErrors(errors, {
      redirect_url: wrongUrl(redirectUrl),
      user_key: userKey === undefined ? [] : wrongUserKey(userKey),
      create_origin: wrongOrigin(createOrigin),
      accepted_at: acceptedAt === "unreadable" ? ["is invalid"] : [],
      first_traffic_at: firstTrafficAt === "unreadable" ? ["is invalid"] : [],
      first_daily_traffic_at: firstDailyTrafficAt === "unreadable" ? ["is invalid"] : [],
    }),
  };
}

/** Undefined: it is not named. */
export function textOf(values: FieldInput, name: string): string | undefined {
  const it = values[name];
  if (it === undefined) return undefined;
  return typeof it === "string" || typeof it === "number" ? String(it).trim() : "";
}

type Time = Date | null | "unreadable" | undefined;

function timeOf(values: FieldInput, name: string, now: Date): Time {
  const text = textOf(values, name);
  if (text === undefined || text === "") return text === "" ? null : undefined;
  return readLenientTime(text, now) ?? "unreadable";
}

const at = (read: Time, before: Date | null): Date | null =>
  read === undefined || read === "unreadable" ? before : read;

const urlLengthMax = 65_535;

function wrongUrl(url: string | undefined): readonly string[] {
  if (url === undefined) return [];
  if (!isXmlText(url)) return ["contains characters that are not allowed"];
  return url.length > urlLengthMax ? [`is too long (maximum is ${urlLengthMax} characters)`] : [];
}

const originLengthMax = 255;

const wrongOrigin = (origin = ""): readonly string[] =>
  origin.length > originLengthMax || !isXmlText(origin) ? ["is invalid"] : [];

const userKeyLengthMax = 256;
// Words with dots and dashes, or base 64 without slashes, which would end the key in a path.
const userKeyShape = /^([\w.-]+|([A-Za-z0-9+]{4})*([A-Za-z0-9+]{4}|[A-Za-z0-9+]{3}=|[A-Za-z0-9+]{2}==))$/;

function wrongUserKey(userKey: string): readonly string[] {
  if (userKey.length > userKeyLengthMax) return [`is too long (maximum is ${userKeyLengthMax} characters)`];
  return userKeyShape.test(userKey) ? [] : ["is invalid"];
}
