import { parseLenientTime } from "#platform/times.ts";
import { isXmlText } from "#platform/xml.ts";
import {
  type DocumentSettings,
  type FieldErrors,
  type FieldInput,
  type FieldWriter,
  applyFieldInput,
  mergeErrors,
  parseFieldInput,
} from "#portal/fields/index.ts";
import type { Product } from "#portal/products/index.ts";
import { type Application, newKey } from "./application.ts";

interface ApplicationInput {
  /** Unparsed values by the names of fields and of the API. */
  readonly values: FieldInput;
  /** Only programs may set user keys and times of traffic. */
  readonly writer: FieldWriter;
  readonly now: Date;
}

/** Parses an input into the changed application and returns all errors. Values that are left out stay unchanged. */
export function parseApplication(
  { definitions }: DocumentSettings,
  before: Application,
  { values, writer, now }: ApplicationInput,
): { readonly application: Application; readonly errors: FieldErrors } {
  const held = {
    ...before.fields,
    ...(before.name === null ? {} : { name: before.name }),
    ...(before.description === null ? {} : { description: before.description }),
  };
  const { given, errors } = parseFieldInput({ definitions, target: "Cinstance", writer, held }, values);
  const { name, description, ...fields } = applyFieldInput(held, given);
  const redirectUrl = textInput(values, "redirect_url");
  const ofProgram = writer === "program" ? values : {};
  const userKey = textInput(ofProgram, "user_key") || undefined;
  const firstTrafficAt = timeInput(ofProgram, "first_traffic_at", now);
  const firstDailyTrafficAt = timeInput(ofProgram, "first_daily_traffic_at", now);
  const acceptedAt = timeInput(ofProgram, "accepted_at", now);
  const createOrigin = textInput(ofProgram, "create_origin") || undefined;
  return {
    application: {
      ...before,
      name: typeof name === "string" ? name : null,
      description: typeof description === "string" ? description : null,
      fields,
      redirectUrl: redirectUrl === undefined ? before.redirectUrl : redirectUrl || null,
      userKey: userKey ?? before.userKey,
      createOrigin: createOrigin ?? before.createOrigin,
      acceptedAt: timeAfter(acceptedAt, before.acceptedAt),
      firstTrafficAt: timeAfter(firstTrafficAt, before.firstTrafficAt),
      firstDailyTrafficAt: timeAfter(firstDailyTrafficAt, before.firstDailyTrafficAt),
    },
    errors: mergeErrors(errors, {
      redirect_url: urlErrors(redirectUrl),
      user_key: userKey === undefined ? [] : userKeyErrors(userKey),
      create_origin: originErrors(createOrigin),
      accepted_at: acceptedAt === "unreadable" ? ["is invalid"] : [],
      first_traffic_at: firstTrafficAt === "unreadable" ? ["is invalid"] : [],
      first_daily_traffic_at: firstDailyTrafficAt === "unreadable" ? ["is invalid"] : [],
    }),
  };
}

/** Returns the text of a value, or undefined if the input does not contain it. */
function textInput(values: FieldInput, name: string): string | undefined {
  const it = values[name];
  if (it === undefined) return undefined;
  return typeof it === "string" || typeof it === "number" ? String(it).trim() : "";
}

type ParsedTime = Date | null | "unreadable" | undefined;

function timeInput(values: FieldInput, name: string, now: Date): ParsedTime {
  const text = textInput(values, name);
  if (text === undefined || text === "") return text === "" ? null : undefined;
  return parseLenientTime(text, now) ?? "unreadable";
}

const timeAfter = (read: ParsedTime, before: Date | null): Date | null =>
  read === undefined || read === "unreadable" ? before : read;

const urlLengthMax = 65_535;

function urlErrors(url: string | undefined): readonly string[] {
  if (url === undefined) return [];
  if (!isXmlText(url)) return ["contains characters that are not allowed"];
  return url.length > urlLengthMax ? [`is too long (maximum is ${urlLengthMax} characters)`] : [];
}

const originLengthMax = 255;

const originErrors = (origin = ""): readonly string[] =>
  origin.length > originLengthMax || !isXmlText(origin) ? ["is invalid"] : [];

const userKeyLengthMax = 256;
// Words with dots and dashes, or base64 without slashes, which would end the key in a URL path.
const userKeyPattern = /^([\w.-]+|([A-Za-z0-9+]{4})*([A-Za-z0-9+]{4}|[A-Za-z0-9+]{3}=|[A-Za-z0-9+]{2}==))$/;

function userKeyErrors(userKey: string): readonly string[] {
  if (userKey.length > userKeyLengthMax) return [`is too long (maximum is ${userKeyLengthMax} characters)`];
  return userKeyPattern.test(userKey) ? [] : ["is invalid"];
}

const idLengthMin = 4;
const idLengthMax = 255;

/** Applies the application id and keys that a program chose for a new application, and returns their errors. */
export function parseNewCredentials(
  application: Application,
  values: FieldInput,
  now: Date,
): { readonly application: Application; readonly errors: FieldErrors } {
  const applicationId = textInput(values, "application_id") || undefined;
  const keys = keysInput(values["application_key"]);
  return {
    application: {
      ...application,
      applicationId: applicationId ?? application.applicationId,
      keys: keys.length > 0 ? keys.map((value) => newKey(now, value)) : application.keys,
    },
    errors: mergeErrors({
      application_id: applicationId === undefined ? [] : idErrors(applicationId),
      application_key: keysErrors(keys),
      base: keys.length > keysMax(application.product) ? ["Limit reached"] : [],
    }),
  };
}

/** Returns a list of keys from one key or a list. Empty keys are dropped. */
function keysInput(it: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(it) ? it : [it];
  return items.map((key) => textInput({ key }, "key") ?? "").filter((key) => key !== "");
}

function keysErrors(keys: readonly string[]): readonly string[] {
  const isRepeated = new Set(keys.map((key) => key.toLowerCase())).size < keys.length;
  return [...new Set(keys.flatMap(keyErrors)), ...(isRepeated ? ["has already been taken"] : [])];
}

// Printable, without spaces and slashes, which would end the id in a URL path.
const idPattern = /^[\x21-\x2e\x30-\x7e]+$/;

function idErrors(id: string): readonly string[] {
  if (id.length < idLengthMin) return [`is too short (minimum is ${idLengthMin} characters)`];
  if (id.length > idLengthMax) return [`is too long (maximum is ${idLengthMax} characters)`];
  return idPattern.test(id) ? [] : ["is invalid"];
}

const keyLengthMin = 5;
const keyLengthMax = 255;
const printable = /^[\x21-\x7e]+$/;

/** Validates the value of a key. */
export function keyErrors(value: string): readonly string[] {
  if (value.length < keyLengthMin) return [`is too short (minimum is ${keyLengthMin} characters)`];
  if (value.length > keyLengthMax) return [`is too long (maximum is ${keyLengthMax} characters)`];
  return printable.test(value) ? [] : ["is invalid"];
}

/** Returns how many keys an application can have. An OAuth client has one secret. */
export const keysMax = ({ backendVersion }: Product): number => (backendVersion === "oauth" ? 1 : 5);
