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

/**
 * Processor time. An ordinary document of 1 MiB takes 0.1 s, and the start of a thread 0.4 s. Lists whose items are compared with each
 * other take a minute.
 */
const validationMsMax = 5000;

/** A busy host gives a thread a part of a processor. After this multiple of its processor time, it ends anyway. */
const patience = 6;

const checkEveryMs = 250;

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

/** References far inside of a document take memory for each of their paths. */
const isOutOfMemory = (error: Error): boolean => "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";

/** Returns the processor time of a thread: none unless it runs. */
const processorMsOf = (worker: Worker): Promise<number> =>
  worker.cpuUsage().then(
    ({ user, system }) => (user + system) / 1000,
    () => 0,
  );

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
    const before = await processorMsOf(worker);
    const since = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const onExit = () => reject(new Error("The thread that validates specifications ended."));
    const onError = (error: Error) => (isOutOfMemory(error) ? resolve(undefined) : reject(error));
    const endIfCostly = async () => {
      const isLate = performance.now() - since > this.#msMax * patience;
      if (isLate || (await processorMsOf(worker)) - before > this.#msMax) resolve(undefined);
    };
    const timer = setInterval(() => void endIfCostly(), Math.min(checkEveryMs, this.#msMax));
    worker.once("message", resolve).once("error", onError).once("exit", onExit);
    worker.postMessage(body, []);
    try {
      const answer = await promise;
      if (isTexts(answer)) return answer;
      await this.#end();
      return [tooComplex];
    } finally {
      clearInterval(timer);
      worker.off("message", resolve).off("error", onError).off("exit", onExit);
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

/** Different servers that are looked at. Anybody may open the page, and all others of the process wait meanwhile. */
const serversMax = 100;

/** A scheme, a host and a port have fewer characters. */
const originLengthMax = 300;

/** In the origin of a server. */
const variablesMax = 10;

/** An asterisk in a Content-Security-Policy would allow all hosts. */
const plainOrigin = /^https?:\/\/[\w.-]+(?::\d+)?$/;

/** Returns the origins of the servers that a specification names for its requests. Leaves out relative addresses. */
export function serverOrigins(document: unknown): readonly string[] {
  if (!isRecord(document)) return [];
  const origins = new Set<string>();
  for (const url of "swagger" in document ? swaggerUrls(document) : openApiUrls(document)) {
    const origin = URL.canParse(url) ? new URL(url).origin : "";
    if (plainOrigin.test(origin)) origins.add(origin);
    if (origins.size === originsMax) break;
  }
  return [...origins];
}

const recordsIn = (value: unknown) => (isRecord(value) ? Object.values(value).filter(isRecord) : []);
const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textsIn = (value: unknown) => listIn(value).filter((item) => typeof item === "string");

/** A document without schemes is meant for both. */
function swaggerUrls({ host, schemes }: Readonly<Record<string, unknown>>): readonly string[] {
  const origin = typeof host === "string" ? originPart(host) : "";
  if (origin === "") return [];
  const named = textsIn(schemes).slice(0, originsMax);
  return (named.length > 0 ? named : ["https", "http"]).map((scheme) => `${scheme}://${origin}`);
}

/** Returns what comes before the path, or an empty text for what is longer than an origin. */
function originPart(url: string): string {
  const [part = ""] = /^(?:[^/?#]*:\/\/)?[^/?#]*/.exec(url.slice(0, originLengthMax + 1)) ?? [];
  return part.length > originLengthMax ? "" : part;
}

/** Yields the origins of the servers of a document, its paths and their operations, with all choices of their variables. */
function* openApiUrls(document: Readonly<Record<string, unknown>>): Generator<string> {
  const paths = recordsIn(document["paths"]);
  const servers = [document, ...paths, ...paths.flatMap(recordsIn)].flatMap((each) => listIn(each["servers"]));
  const seen = new Set<string>();
  for (const server of servers) {
    if (!isRecord(server) || typeof server["url"] !== "string") continue;
    const url = originPart(server["url"]);
    const variables = variablesIn(url, server["variables"]);
    const key = JSON.stringify([url, variables]);
    if (seen.has(key)) continue; // operations repeat them
    if (seen.size === serversMax) return;
    seen.add(key);
    yield* resolveVariables(url, variables);
  }
}

interface ServerVariable {
  /** The name as it is written in the address, with braces. */
  readonly token: string;
  readonly choices: readonly string[];
}

function variablesIn(url: string, variables: unknown): readonly ServerVariable[] {
  const tokens = [...new Set(url.match(/\{[^{}]+\}/g))].slice(0, variablesMax);
  return tokens.flatMap((token) => {
    const variable = isRecord(variables) ? variables[token.slice(1, -1)] : undefined;
    if (!isRecord(variable)) return [];
    const choices = textsIn([variable["default"], ...listIn(variable["enum"]).slice(0, originsMax)]);
    return [{ token, choices: [...new Set(choices.map(originPart))] }];
  });
}

/** Returns an address with all choices of its variables, up to the maximum. */
const resolveVariables = (url: string, variables: readonly ServerVariable[]): readonly string[] =>
  variables.reduce<readonly string[]>(replaceVariable, [url]);

function replaceVariable(urls: readonly string[], { token, choices }: ServerVariable): readonly string[] {
  const replaced: string[] = [];
  for (const url of urls) {
    if (replaced.length >= originsMax) break;
    const parts = url.split(token);
    const lengthWith = (text: string): number => url.length + (text.length - token.length) * (parts.length - 1);
    const fitting = choices.filter((text) => lengthWith(text) <= originLengthMax);
    replaced.push(...fitting.map((text) => parts.join(text)));
  }
  return replaced.slice(0, originsMax);
}
