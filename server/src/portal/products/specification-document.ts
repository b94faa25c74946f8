import { Worker } from "node:worker_threads";
import { isRecord } from "#platform/document.ts";
import { createFairQueue } from "#platform/fair-queue.ts";
import { textLimits } from "#platform/limits.ts";

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]); // [ {
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]); // ] }

/**
 * Returns the errors of a body that would take long to parse: half a million levels, or ninety thousand names in one object, keep a
 * process waiting for 0.2 to 0.4 s, also for each reader of its page. A body within the limits takes less than 0.1 s. Reads it once.
 */
export function shapeErrors(body: string): readonly string[] {
  const { specificationLevels: levels, specificationParts: parts } = textLimits;
  const partsOf: number[] = [];
  for (let at = 0; at < body.length; at += 1) {
    const code = body.charCodeAt(at);
    if (code === quote) at = endOfText(body, at);
    else if (opening.has(code)) partsOf.push(1);
    else if (closing.has(code)) partsOf.pop();
    else if (code === comma) partsOf.push((partsOf.pop() ?? 0) + 1);
    if (partsOf.length > levels.max) return [`is nested too deeply (maximum is ${levels.max} levels)`];
    if ((partsOf.at(-1) ?? 0) > parts.max)
      return [`has too many parts in one list or object (maximum is ${parts.max})`];
  }
  return [];
}

/** Returns the position of the quote that ends a text, or the end of the body. */
function endOfText(body: string, start: number): number {
  for (let at = start + 1; at < body.length; at += 1) {
    const code = body.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at += 1;
  }
  return body.length;
}

/** Returns the JSON of a body, or undefined if it is none. */
export function parseSpecification(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const versionNames = ["openapi", "swagger", "swaggerVersion"];

/** Returns the version of a document's format, such as `3.0`. As in 3scale, one that states none has 1.0. */
export function versionOf(document: unknown): string {
  if (!isRecord(document)) return "1.0";
  const stated = document[versionNames.find((name) => Object.hasOwn(document, name)) ?? ""];
  const text = typeof stated === "number" ? stated.toFixed(1) : typeof stated === "string" ? stated : "";
  return /^\d{1,3}\.\d{1,3}/.exec(text)?.[0] ?? "1.0";
}

/** Returns true for OpenAPI 3 and Swagger 2.0. Older ones are stored and downloaded only: their viewers are gone. */
export const isInteractive = ({ version }: { readonly version: string }): boolean => Number(version) >= 2;

/** Returns the errors of a specification: none if it is valid. `document` is the parsed body. */
export type ValidateSpecification = (providerId: number, body: string, document: unknown) => Promise<readonly string[]>;

const invalid = "JSON Spec is invalid";

/** An ordinary document of 1 MiB takes 0.1 s, and the start of a thread 0.4 s. Lists whose items are compared with each other take a minute. */
const validationMsMax = 5000;

/** A document of 1 MiB takes up to 100 MB. */
const heapMegabytesMax = 256;

/** Bodies in memory, of up to 1 MiB each. */
const waitingMax = 20;

/** A thread takes 40 MB. Programs import many specifications one after another. */
const idleMsMax = 10_000;

/** Creates the function that validates specifications: in a thread, one at a time, and providers take turns. */
export function createSpecificationValidator(msMax = validationMsMax): ValidateSpecification {
  const inTurn = createFairQueue({ slots: 1, waitingMax, retryAfterSeconds: 5 });
  const thread = new ValidationThread(msMax);
  return async (providerId, body, document) => {
    if (Number(versionOf(document)) < 2) return hasOperations(document) ? [] : [invalid];
    const errors = await inTurn([String(providerId)], () => thread.validate(body));
    return errors.length === 0 ? [] : [invalid, ...errors];
  };
}

/** All that 3scale requires of a Swagger 1.0 document. */
const hasOperations = (document: unknown): boolean => isRecord(document) && Array.isArray(document["apis"]);

const program = new URL("./validate-specification.js", import.meta.url);

const isTexts = (message: unknown): message is readonly string[] =>
  Array.isArray(message) && message.every((text) => typeof text === "string");

const tooComplex = "is too complex to be validated: set skip_swagger_validations to store it without";

/** A thread that validates one document after another, and ends when it has nothing to do, or takes too long. */
class ValidationThread {
  readonly #msMax: number;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(msMax: number) {
    this.#msMax = msMax;
  }

  /** Returns the errors of a document. References are never fetched. */
  async validate(body: string): Promise<readonly string[]> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const onExit = () => reject(new Error("The thread that validates specifications ended."));
    const timer = setTimeout(() => resolve(undefined), this.#msMax);
    worker.once("message", resolve).once("error", reject).once("exit", onExit);
    worker.postMessage(body, []);
    try {
      const answer = await promise;
      if (isTexts(answer)) return answer;
      await this.#end();
      return [tooComplex];
    } finally {
      clearTimeout(timer);
      worker.off("message", resolve).off("error", reject).off("exit", onExit);
      this.#idle = setTimeout(() => void this.#end(), idleMsMax).unref();
    }
  }

  /** The thread gets nothing of the environment, and does not keep the process alive. */
  #start(): Worker {
    const worker = new Worker(program, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
    });
    worker.unref();
    worker.on("error", () => undefined); // `validate` reports it
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** Addresses in a header: a few kilobytes. */
const originsMax = 50;

/** An asterisk in a Content-Security-Policy would allow all hosts. */
const plainOrigin = /^https?:\/\/[\w.-]+(?::\d+)?$/;

/** Returns the origins of the servers that a specification names for its requests. Leaves out relative addresses. */
export function serverOrigins(document: unknown): readonly string[] {
  if (!isRecord(document)) return [];
  const paths = recordsIn(document["paths"]);
  const withServers = [document, ...paths, ...paths.flatMap((path) => recordsIn(path))];
  const urls = "swagger" in document ? swaggerUrls(document) : withServers.flatMap(openApiUrls);
  const origins = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).origin] : []));
  return [...new Set(origins.filter((origin) => plainOrigin.test(origin)))].slice(0, originsMax);
}

const recordsIn = (value: unknown) => (isRecord(value) ? Object.values(value).filter(isRecord) : []);
const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textsIn = (value: unknown) => listIn(value).filter((item) => typeof item === "string");

/** A document without schemes is meant for both. */
function swaggerUrls({ host, schemes }: Readonly<Record<string, unknown>>): readonly string[] {
  if (typeof host !== "string") return [];
  const named = textsIn(schemes);
  return (named.length > 0 ? named : ["https", "http"]).map((scheme) => `${scheme}://${host}`);
}

const openApiUrls = ({ servers }: Readonly<Record<string, unknown>>): readonly string[] =>
  listIn(servers).flatMap((server) =>
    isRecord(server) && typeof server["url"] === "string" ? resolveVariables(server["url"], server["variables"]) : [],
  );

/** Returns the addresses of a server with all choices of its variables, up to the maximum. */
function resolveVariables(url: string, variables: unknown): readonly string[] {
  if (!isRecord(variables)) return [url];
  return Object.entries(variables).reduce<readonly string[]>(
    (urls, [name, variable]) => {
      if (!isRecord(variable) || !url.includes(`{${name}}`)) return urls;
      const choices = [...new Set([variable["default"], ...textsIn(variable["enum"])])].slice(0, originsMax);
      const texts = choices.filter((choice) => typeof choice === "string");
      return urls.flatMap((each) => texts.map((text) => each.replaceAll(`{${name}}`, text))).slice(0, originsMax);
    },
    [url],
  );
}
