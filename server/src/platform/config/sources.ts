import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { errorCode } from "../errors.ts";
import type { Environment, Setting } from "./parsers.ts";

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
