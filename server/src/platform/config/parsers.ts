import { readFileSync } from "node:fs";
import { inspect, parseEnv } from "node:util";
import { parseDatabaseUrl } from "../database/connection.ts";
import { errorCode } from "../errors.ts";
import { parseAllowedTargets } from "../network/target-guard.ts";

/** Why a text is not a value of its setting; continues the sentence that begins with the setting's name. */
export class InvalidSetting {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

export type Parse<T> = (text: string) => T | InvalidSetting;

export interface Setting<T> {
  readonly name: string;
  /** The default as the operator would write it; empty: none. */
  readonly fallback: string;
  /** The default for an embedded database. */
  readonly embeddedFallback?: string;
  /** The text of the reference page instead of the default. */
  readonly fallbackWords?: string;
  readonly meaning: string;
  readonly isSecret?: true;
  readonly parse: Parse<T>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const defaultText = ({ fallback, embeddedFallback = fallback }: Setting<unknown>, isEmbedded: boolean): string =>
  isEmbedded ? embeddedFallback : fallback;

const hidden = "[secret]";

/** A secret, printed only through `reveal()`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

export const anyText: Parse<string> = (text) => text;

/** A text of at most so many characters. */
export const textUpTo =
  (max: number): Parse<string> =>
  (text) =>
    text.length <= max ? text : new InvalidSetting(`must have at most ${max} characters`);

export const secret =
  (inner: Parse<unknown> = anyText): Parse<Secret> =>
  (text) => {
    const parsed = inner(text);
    return parsed instanceof InvalidSetting ? parsed : new Secret(text);
  };

/** Parses an optional setting. */
export const optional =
  <T>(inner: Parse<T>): Parse<T | undefined> =>
  (text) =>
    text === "" ? undefined : inner(text);

export const wholeNumber =
  (min: number, max: number): Parse<number> =>
  (text) => {
    const number = Number(text);
    const isFine = /^\d+$/.test(text) && number >= min && number <= max;
    return isFine ? number : new InvalidSetting(`must be a whole number from ${min} to ${max}`);
  };

/** A number from 0 to 1. */
export const share: Parse<number> = (text) => {
  const number = Number(text);
  return /^\d*\.?\d+$/.test(text) && number <= 1 ? number : new InvalidSetting("must be a number from 0 to 1");
};

/** Pairs `name=value` separated by commas and percent-encoded values, as OpenTelemetry's variables have them. */
export const pairs: Parse<Readonly<Record<string, string>>> = (text) => {
  const parsed: Record<string, string> = {};
  for (const part of text.split(",").filter((entry) => entry.trim() !== "")) {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    const decoded = value === undefined ? undefined : percentDecoded(value);
    if (name === undefined || decoded === undefined) {
      return new InvalidSetting("must be pairs name=value separated by commas; percent-encode other characters");
    }
    parsed[name] = decoded;
  }
  return parsed;
};

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export const wholeNumbers =
  (min: number, max: number, countMax: number): Parse<readonly number[]> =>
  (text) => {
    const numbers = text.split(",").map((part) => wholeNumber(min, max)(part.trim()));
    const fine = numbers.filter((number) => typeof number === "number");
    return fine.length === numbers.length && fine.length <= countMax
      ? fine
      : new InvalidSetting(`must be up to ${countMax} whole numbers from ${min} to ${max} separated by commas`);
  };

export const onOrOff: Parse<boolean> = (text) => {
  if (["on", "true", "1", "yes"].includes(text.toLowerCase())) return true;
  if (["off", "false", "0", "no"].includes(text.toLowerCase())) return false;
  return new InvalidSetting("must be on or off");
};

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Parse<T> =>
  (text) =>
    choices.find((choice) => choice === text) ?? new InvalidSetting(`must be one of ${choices.join(", ")}`);

/** A URL with one of `protocols`, as it was written but without a slash at its end. */
export const url =
  (...protocols: readonly string[]): Parse<string> =>
  (text) => {
    const parsed = URL.parse(text);
    const isFine = parsed !== null && protocols.includes(parsed.protocol) && parsed.hostname !== "";
    return isFine
      ? text.replace(/\/+$/, "")
      : new InvalidSetting(`must be a URL that starts with ${protocols.join("// or ")}//`);
  };

/** A mail server. Other parameters than `requireTLS` would be ignored, such as one that demands encryption by another name. */
export const smtpUrl: Parse<string> = (text) => {
  const parsed = url("smtp:", "smtps:")(text);
  if (parsed instanceof InvalidSetting) return parsed;
  return ["", "?requireTLS=true", "?requireTLS=false"].includes(new URL(parsed).search)
    ? parsed
    : new InvalidSetting("must have no parameter but requireTLS=true");
};

/** The scheme, host and port of a site: every page is at a fixed path below it. */
export const siteUrl: Parse<string> = (text) => {
  const parsed = url("http:", "https:")(text);
  if (parsed instanceof InvalidSetting) return parsed;
  const { origin, href } = new URL(parsed);
  return href === `${origin}/` ? origin : new InvalidSetting("must end after the host and port, without a path");
};

export const domainName: Parse<string> = (text) =>
  /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)
    ? text.toLowerCase()
    : new InvalidSetting("must be a domain name like example.com, without a port");

/** libpq's own forms, which are more than URLs: a host may be left out, or be a folder with a socket. */
export const postgresUrl: Parse<string> = (text) => {
  const parsed = parseDatabaseUrl(text);
  return "wrong" in parsed ? new InvalidSetting(parsed.wrong) : text;
};

const keyBytes = 32;

/** The keys in bytes, newest first. */
export function parseSecretKeys(text: string): readonly Buffer[] | InvalidSetting {
  const keys = text.split(",").map((part) => Buffer.from(part.trim(), "base64"));
  const isFine = keys.every((key) => key.length === keyBytes);
  return isFine
    ? keys
    : new InvalidSetting(
        `must be ${keyBytes} random bytes in base64, as \`openssl rand -base64 ${keyBytes}\` prints them`,
      );
}

/** CIDR blocks separated by commas, or `none`. */
export const blocks: Parse<string> = (text) => {
  const parsed = parseAllowedTargets(text);
  return "wrong" in parsed
    ? new InvalidSetting(`must be CIDR blocks separated by commas, or none: ${parsed.wrong}`)
    : text;
};

/** The settings as text, from all sources. */
export interface Sources {
  /** Returns undefined if the setting is not set. An empty text counts as not set. */
  text(setting: Setting<unknown>): string | undefined;
  /** Names the source of a setting that is set. */
  originOf(setting: Setting<unknown>): string;
  /** Sentences about files that cannot be used, without their subject's content. */
  readonly wrong: readonly string[];
}

interface SourceNeeds {
  readonly env: Environment;
  readonly settings: readonly Setting<unknown>[];
  /** The setting that names the configuration file. */
  readonly configFile: Setting<unknown>;
}

interface Found {
  readonly text: string;
  readonly origin: string;
}

/** The environment variable that names the file of a secret, as container platforms mount secrets. */
export const secretFileName = ({ name }: Setting<unknown>): string => `${name}_FILE`;

/**
 * Reads settings from the environment, from the files of secrets (`NAME_FILE`), and from the configuration file, in this
 * order: the first one that has a setting counts. The configuration file has lines of the form `NAME=value`; it may also have
 * `NAME_FILE`.
 */
export function readSources({ env, settings, configFile }: SourceNeeds): Sources {
  const wrong: string[] = [];
  const path = env[configFile.name]?.trim();
  const file = path ? readConfigFile(path, { settings, configFile, wrong }) : {};
  const found = new Map<string, Found>();
  for (const setting of settings) {
    const text = findText(setting, [
      { origin: "environment", values: env },
      { origin: path ?? "", values: file },
    ]);
    if (text === undefined) continue;
    if (typeof text === "string") wrong.push(text);
    else found.set(setting.name, text);
  }
  return {
    text: ({ name }) => found.get(name)?.text,
    originOf: ({ name }) => found.get(name)?.origin ?? "default",
    wrong,
  };
}

const knownNames = (settings: readonly Setting<unknown>[]): Set<string> =>
  new Set(settings.flatMap((setting) => [setting.name, ...(setting.isSecret ? [secretFileName(setting)] : [])]));

/** Kubernetes adds such variables for each service, also for one that is called `bellwire`. `BELLWIRE_PORT` is then a URL. */
const ofKubernetes =
  /_(SERVICE_HOST|SERVICE_PORT(_.+?)?|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)=|_PORT(_\d+_(TCP|UDP|SCTP))?=(tcp|udp|sctp):/;

/** Returns the environment's names with this prefix that are no settings, such as misspelt ones. Empty ones are left out. */
export function unknownNames(
  env: Environment,
  { prefix, settings }: { readonly prefix: string; readonly settings: readonly Setting<unknown>[] },
): readonly string[] {
  const known = knownNames(settings);
  return Object.keys(env).filter(
    (name) =>
      name.startsWith(prefix) && env[name]?.trim() && !known.has(name) && !ofKubernetes.test(`${name}=${env[name]}`),
  );
}

/** Returns a sentence if the setting is ambiguous or its file cannot be read. */
function findText(
  setting: Setting<unknown>,
  sources: readonly { readonly origin: string; readonly values: Environment }[],
): Found | string | undefined {
  for (const { origin, values } of sources) {
    const text = values[setting.name]?.trim();
    const path = setting.isSecret && values[secretFileName(setting)]?.trim();
    if (text && path) return `${setting.name} and ${secretFileName(setting)} are both set: keep one of them`;
    if (text) return { text, origin };
    if (!path) continue;
    const content = readText(path);
    if (content instanceof Error) return `${secretFileName(setting)} cannot be read (${reasonOf(content)})`;
    if (content.trim() === "") return `${secretFileName(setting)} names an empty file`;
    return { text: content.trim(), origin: path };
  }
  return undefined;
}

/**
 * A setting, a comment or nothing. `parseEnv` skips other lines, and cuts values off at a `#` that other readers of such files keep, as
 * in a password.
 */
const configLine = /^\s*(?:#.*|(?:export\s+)?\w+\s*=\s*(?:"[^"]*"|'[^']*'|(?!["'`])[^#]*))?\s*$/;

function readConfigFile(
  path: string,
  { settings, configFile, wrong }: Pick<SourceNeeds, "settings" | "configFile"> & { readonly wrong: string[] },
): Environment {
  const content = readText(path);
  if (content instanceof Error) {
    wrong.push(`${configFile.name} cannot be read (${reasonOf(content)})`);
    return {};
  }
  const text = content.replace(/^\uFEFF/, ""); // some editors mark UTF-8 so
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (!configLine.test(line)) wrong.push(`line ${index + 1} of ${path} is not NAME=value, in quotes if it has a #`);
  }
  const values = parseEnv(text);
  const known = knownNames(settings);
  known.delete(configFile.name);
  for (const name of Object.keys(values)) if (!known.has(name)) wrong.push(`${name} in ${path} is not a setting`);
  return values;
}

function readText(path: string): string | Error {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** The code alone: messages quote the path, which may be a secret that was set in the wrong variable. */
const reasonOf = (error: Error): string => errorCode(error) ?? error.name;
