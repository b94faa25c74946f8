import { parseDatabaseUrl } from "#platform/database/database-url.ts";
import { parseAllowedTargets } from "#platform/network/allowed-targets.ts";
import { Secret } from "./secret.ts";
import { type Parse, Wrong } from "./setting.ts";

export const anyText: Parse<string> = (text) => text;

export const secret =
  (inner: Parse<unknown> = anyText): Parse<Secret> =>
  (text) => {
    const parsed = inner(text);
    return parsed instanceof Wrong ? parsed : new Secret(text);
  };

/** Nothing when it is not set. */
export const optional =
  <T>(inner: Parse<T>): Parse<T | undefined> =>
  (text) =>
    text === "" ? undefined : inner(text);

export const wholeNumber =
  (min: number, max: number): Parse<number> =>
  (text) => {
    const number = Number(text);
    const isFine = /^\d+$/.test(text) && number >= min && number <= max;
    return isFine ? number : new Wrong(`must be a whole number from ${min} to ${max}`);
  };

export const wholeNumbers =
  (min: number, max: number): Parse<readonly number[]> =>
  (text) => {
    const numbers = text.split(",").map((part) => wholeNumber(min, max)(part.trim()));
    const fine = numbers.filter((number) => typeof number === "number");
    return fine.length === numbers.length
      ? fine
      : new Wrong(`must be whole numbers from ${min} to ${max} with commas between`);
  };

export const onOrOff: Parse<boolean> = (text) => {
  if (["on", "true", "1", "yes"].includes(text.toLowerCase())) return true;
  if (["off", "false", "0", "no"].includes(text.toLowerCase())) return false;
  return new Wrong("must be on or off");
};

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Parse<T> =>
  (text) =>
    choices.find((choice) => choice === text) ?? new Wrong(`must be one of ${choices.join(", ")}`);

/** A URL with one of `protocols`, as it was written but without a slash at its end. */
export const url =
  (...protocols: readonly string[]): Parse<string> =>
  (text) => {
    const parsed = URL.parse(text);
    const isFine = parsed !== null && protocols.includes(parsed.protocol) && parsed.hostname !== "";
    return isFine
      ? text.replace(/\/+$/, "")
      : new Wrong(`must be a URL that starts with ${protocols.join("// or ")}//`);
  };

export const domainName: Parse<string> = (text) =>
  /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)
    ? text.toLowerCase()
    : new Wrong("must be a domain name like example.com, without a port");

/** libpq's own forms, which are more than URLs: a host may be left out, or be a folder with a socket. */
export const postgresUrl: Parse<string> = (text) => {
  const parsed = parseDatabaseUrl(text);
  return "wrong" in parsed ? new Wrong(parsed.wrong) : text;
};

const keyBytes = 32;

/** The keys in bytes, newest first. */
export function readKeys(text: string): readonly Buffer[] | Wrong {
  const keys = text.split(",").map((part) => Buffer.from(part.trim(), "base64"));
  const isFine = keys.every((key) => key.length === keyBytes);
  return isFine
    ? keys
    : new Wrong(`must be ${keyBytes} random bytes in base64, as \`openssl rand -base64 ${keyBytes}\` prints them`);
}

/** CIDR blocks with commas between, or `none`. */
export const blocks: Parse<string> = (text) => {
  const parsed = parseAllowedTargets(text);
  return "wrong" in parsed ? new Wrong(`must be CIDR blocks with commas between, or none: ${parsed.wrong}`) : text;
};
