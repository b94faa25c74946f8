import { Resolver } from "node:dns/promises";
import { readFileSync, statSync } from "node:fs";
import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.ts";
import { exhaustedBy, exhaustedNow } from "../errors.ts";
import type { Address, Lookup } from "./target-guard.ts";

interface SearchList {
  readonly domains: readonly string[];
  readonly ndots: number;
}

/** The last `search` or `domain` line counts, and each option on its own (resolv.conf(5)). */
function parseSearchList(text: string): SearchList {
  let domains: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "search" || keyword === "domain")
      domains = values.map((domain) => domain.toLowerCase().replace(/\.$/, "")).filter((domain) => domain !== "");
    if (keyword !== "options") continue;
    for (const value of values) {
      const [, dots] = /^ndots:(\d{1,2})$/.exec(value) ?? [];
      if (dots !== undefined) ndots = Math.min(Number(dots), 15);
    }
  }
  return { domains, ndots };
}

/** Names with fewer dots than `ndots` are tried with the search list first, others as they are first. */
function searchCandidates(name: string, { domains, ndots }: SearchList): readonly string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = domains.map((domain) => `${name}.${domain}`);
  const dots = name.split(".").length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

const systemHostsFile = process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";

function parseHosts(text: string): ReadonlyMap<string, readonly Address[]> {
  const hosts = new Map<string, readonly Address[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names.map((each) => each.toLowerCase())) {
      const known = hosts.get(name) ?? [];
      if (known.every((entry) => entry.address !== address))
        hosts.set(name, [...known, { address, family: isIPv6(address) ? 6 : 4 }]);
    }
  }
  return hosts;
}

/**
 * A small file that others may change. It is read synchronously, in some microseconds: asynchronous reads would wait for
 * the thread pool behind password hashes. A file that cannot be read counts as empty; one for which no descriptor is left
 * counts as unchanged.
 */
class WatchedFile<Parsed> {
  static readonly #checkEveryMs = 1000;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #parse: (text: string) => Parsed;
  #parsed: Parsed;
  #version: string | undefined;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, path: string, parse: (text: string) => Parsed) {
    this.#clock = clock;
    this.#path = path;
    this.#parse = parse;
    this.#parsed = parse("");
  }

  /** Returns the same object until the file is another one. Looks at most once a second. */
  read(): Parsed {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#checkedMs + WatchedFile.#checkEveryMs) return this.#parsed;
    this.#checkedMs = nowMs;
    const version = this.#versionNow();
    if (version === this.#version) return this.#parsed;
    const text = textOf(this.#path);
    if (text === undefined) return this.#parsed;
    this.#version = version;
    this.#parsed = this.#parse(text);
    return this.#parsed;
  }

  #versionNow(): string | undefined {
    const stats = statSync(this.#path, { throwIfNoEntry: false, bigint: true });
    return stats && `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return exhaustedBy(error) ? undefined : "";
  }
}

/** Limits of a look-up and of the cache. */
export const lookupLimits = {
  /** All names of the search list and both address families together. */
  totalSeconds: 3,
  /** A name server that has not answered is asked again, or the next one is. */
  perServerMs: 1000,
  tries: 3,
  /** Once one family has addresses, the other one delays the answer no longer than this. */
  otherFamilyMs: 250,
  /** A receiver that moves is followed after this long, whatever its records say. */
  cacheSecondsMax: 300,
  /** How long a name without an address is cached. Node.js does not expose the TTL of negative answers. */
  negativeCacheSeconds: 5,
  cachedNamesMax: 10_000,
  /**
   * Addresses of a family that are kept. An answer may have 4,000, and each cached name half a megabyte. An attempt would
   * connect to all of them in turn, so that a tenant could direct floods of connections at others. Reading 4,000 takes 18 ms
   * of the event loop, so an answer that has more is cached as long as possible, whatever its TTL.
   */
  addressesMax: 16,
} as const;

/** `none`: the name does not exist or has no address. `failed`: the name servers answered with an error. */
export type LookupResult = "found" | "none" | "failed" | "timed-out";

export interface NameResolverOptions {
  readonly clock: Clock;
  /** Name servers, as `address` or `address:port`. By default those of the operating system. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  /** The file with the search list and `ndots`. */
  readonly configurationFile?: string;
  /** Returns the network interfaces of this machine. They decide which address families are asked for, and which comes first. */
  readonly interfaces?: typeof networkInterfaces;
  /** Called after each look-up that asked a name server; not for names from the cache or the hosts file. */
  readonly onLookup?: (result: LookupResult, seconds: number) => void;
}

/**
 * `ENOTFOUND`: no such name, or no address of it. `EAI_AGAIN`: the name servers failed. `ETIMEOUT`: they did not answer.
 * `EMFILE`: this process could not open a socket to ask them.
 */
type LookupCode = "ENOTFOUND" | "EAI_AGAIN" | "ETIMEOUT" | "EMFILE";

class LookupError extends Error {
  override readonly name = "LookupError";
  readonly code: LookupCode;

  constructor(hostname: string, code: LookupCode) {
    super(`${hostname}: ${code}`);
    this.code = code;
  }
}

type Family = 4 | 6;
interface FoundAddresses {
  readonly addresses: readonly Address[];
  readonly ttlSeconds: number;
  /** The answer had more addresses. */
  readonly isCut: boolean;
}
type FamilyAnswer = FoundAddresses | LookupCode;
type Answer = readonly Address[] | LookupCode;

const resultOf = { ENOTFOUND: "none", EAI_AGAIN: "failed", ETIMEOUT: "timed-out", EMFILE: "failed" } as const;

/**
 * Looks names up without the thread pool of Node.js. `dns.lookup` allows two look-ups at a time in the whole process and
 * waits 10 s for each, so a few names that are never answered would delay all others. This resolver reads the hosts file and
 * the search list itself and sends its questions through c-ares: any number of names at a time, one look-up for each.
 */
export class NameResolver implements Disposable {
  readonly #options: NameResolverOptions;
  readonly #hosts: WatchedFile<ReadonlyMap<string, readonly Address[]>>;
  readonly #searchList: WatchedFile<SearchList>;
  readonly #cache: LRUCache<string, { readonly answer: Answer; readonly expiresMs: number }>;
  readonly #underWay = new Map<string, Promise<Answer>>();
  readonly #closed = new AbortController();
  #current: { readonly resolver: Resolver; readonly searchList: SearchList } | undefined;
  #ipv6: { readonly kind: Ipv6Here; readonly untilMs: number } | undefined;

  constructor(options: NameResolverOptions) {
    const { clock, hostsFile = systemHostsFile, configurationFile = "/etc/resolv.conf" } = options;
    this.#options = options;
    this.#hosts = new WatchedFile(clock, hostsFile, parseHosts);
    this.#searchList = new WatchedFile(clock, configurationFile, parseSearchList);
    this.#cache = new LRUCache({ max: lookupLimits.cachedNamesMax });
  }

  /** Returns every address of a name. Rejects with a `LookupError`. */
  readonly lookup: Lookup = async (hostname) => {
    const name = hostname.toLowerCase();
    const local = this.#fromHosts(name.replace(/\.$/, ""));
    const answer = local ?? (await this.#fromNameServers(name));
    if (typeof answer === "string") throw new LookupError(hostname, answer);
    return answer;
  };

  /** Ends look-ups that are under way, as if their time were up. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#current?.resolver.cancel();
  }

  /** Names that end in `localhost` never go to a name server (RFC 6761, section 6.3). */
  #fromHosts(name: string): readonly Address[] | undefined {
    const known = this.#hosts.read().get(name);
    return known ?? (name === "localhost" || name.endsWith(".localhost") ? loopback : undefined);
  }

  #fromNameServers(name: string): Answer | Promise<Answer> {
    const { resolver, searchList } = this.#configured();
    const cached = this.#cache.get(name);
    if (cached && cached.expiresMs > this.#options.clock.monotonicMs()) return cached.answer;
    const underWay = this.#underWay.get(name);
    if (underWay) return underWay;
    const pending = this.#lookUpInTime(
      () => this.#lookUpCandidates(resolver, searchCandidates(name, searchList)),
      name,
    ).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, pending);
    return pending;
  }

  /** Reads the name servers again, and forgets their answers, when their file has changed. */
  #configured(): { readonly resolver: Resolver; readonly searchList: SearchList } {
    const searchList = this.#searchList.read();
    if (this.#current?.searchList === searchList) return this.#current;
    const { perServerMs, tries } = lookupLimits;
    const resolver = new Resolver({ timeout: perServerMs, maxTimeout: perServerMs, tries });
    if (this.#options.servers) resolver.setServers(this.#options.servers);
    this.#cache.clear();
    this.#current = { resolver, searchList };
    return this.#current;
  }

  async #lookUpInTime(lookUp: () => Promise<FamilyAnswer>, name: string): Promise<Answer> {
    const { clock, onLookup } = this.#options;
    const startedMs = clock.monotonicMs();
    const over = new AbortController();
    const timeIsUp = clock
      .sleep(lookupLimits.totalSeconds * 1000, AbortSignal.any([over.signal, this.#closed.signal]))
      .then(() => "ETIMEOUT" as const);
    const found = await Promise.race([lookUp(), timeIsUp]);
    over.abort();
    const endedMs = clock.monotonicMs();
    const answer = typeof found === "string" ? found : found.addresses;
    const ttlSeconds = cacheSecondsOf(found);
    if (ttlSeconds > 0) this.#cache.set(name, { answer, expiresMs: endedMs + ttlSeconds * 1000 });
    onLookup?.(typeof found === "string" ? resultOf[found] : "found", (endedMs - startedMs) / 1000);
    return answer;
  }

  /** Tries the names of the search list in turn, as resolv.conf(5) describes. */
  async #lookUpCandidates(resolver: Resolver, candidates: readonly string[]): Promise<FamilyAnswer> {
    let answer: FamilyAnswer = "ENOTFOUND";
    for (const candidate of candidates) {
      const found = await this.#lookUpBothFamilies(resolver, candidate);
      if (typeof found !== "string" || found === "ETIMEOUT" || found === "EMFILE") return found;
      // A name server that failed for one candidate may know the address later.
      if (found === "EAI_AGAIN") answer = found;
    }
    return answer;
  }

  /** c-ares reports a lack of descriptors as a refusal of the name server, so the difference is made here. */
  async #lookUpBothFamilies(resolver: Resolver, name: string): Promise<FamilyAnswer> {
    const pending = this.#queryFamilies(resolver, name);
    // c-ares has opened its sockets by now, or has failed to.
    const wasExhausted = exhaustedNow() !== undefined;
    const found = await pending;
    return wasExhausted && found === "EAI_AGAIN" ? "EMFILE" : found;
  }

  async #queryFamilies(resolver: Resolver, name: string): Promise<FamilyAnswer> {
    const ipv6Here = this.#ipv6Here();
    if (ipv6Here === "none") return queryRecords(resolver, name, 4);
    const answers: Record<Family, FamilyAnswer> = { 4: "ETIMEOUT", 6: "ETIMEOUT" };
    const query = async (family: Family): Promise<FamilyAnswer> =>
      (answers[family] = await queryRecords(resolver, name, family));
    const pending = [query(4), query(6)];
    const both = Promise.all(pending);
    const first = await Promise.race(pending);
    if (typeof first === "string") await both;
    else await this.#within(lookupLimits.otherFamilyMs, both);
    return ipv6Here === "global" ? merged(answers[6], answers[4]) : merged(answers[4], answers[6]);
  }

  /** Looks at most once a second: the interfaces take 40 µs, and a burst of look-ups holds the event loop up. */
  #ipv6Here(): Ipv6Here {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#ipv6 && nowMs < this.#ipv6.untilMs) return this.#ipv6.kind;
    if (exhaustedNow()) return this.#ipv6?.kind ?? "none"; // interfaces cannot be read, and c-ares cannot send queries
    const { interfaces = networkInterfaces } = this.#options;
    this.#ipv6 = { kind: ipv6Of(interfaces()), untilMs: nowMs + interfacesMs };
    return this.#ipv6.kind;
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, this.#options.clock.sleep(ms, over.signal)]);
    over.abort();
  }
}

function cacheSecondsOf(found: FamilyAnswer): number {
  if (found === "EMFILE") return 0;
  if (typeof found === "string") return lookupLimits.negativeCacheSeconds;
  const { cacheSecondsMax } = lookupLimits;
  return found.isCut ? cacheSecondsMax : Math.min(found.ttlSeconds, cacheSecondsMax);
}

/** Answers of both families, the preferred one first. Without addresses, a failure that may pass outweighs `ENOTFOUND`. */
function merged(preferred: FamilyAnswer, other: FamilyAnswer): FamilyAnswer {
  if (typeof preferred !== "string" && typeof other !== "string") {
    return {
      addresses: [...preferred.addresses, ...other.addresses],
      ttlSeconds: Math.min(preferred.ttlSeconds, other.ttlSeconds),
      isCut: preferred.isCut || other.isCut,
    };
  }
  if (typeof preferred !== "string") return preferred;
  if (typeof other !== "string") return other;
  return preferred === "ENOTFOUND" ? other : preferred;
}

async function queryRecords(resolver: Resolver, name: string, family: Family): Promise<FamilyAnswer> {
  try {
    const options = { ttl: true } as const;
    const records = await (family === 4 ? resolver.resolve4(name, options) : resolver.resolve6(name, options));
    if (records.length === 0) return "ENOTFOUND";
    const kept = records.slice(0, lookupLimits.addressesMax);
    return {
      addresses: kept.map(({ address }) => ({ address, family })),
      ttlSeconds: Math.min(...kept.map(({ ttl }) => ttl)), // Node.js gives that of 256 records
      isCut: kept.length < records.length,
    };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME") return "ENOTFOUND";
    if (code === "ETIMEOUT" || code === "ECANCELLED") return "ETIMEOUT";
    if (typeof code === "string") return "EAI_AGAIN";
    throw error;
  }
}

/** `global`: this machine has a public IPv6 address, and IPv6 comes first. `local`: it has another one beside loopback. */
type Ipv6Here = "none" | "local" | "global";

/** How long the kind of IPv6 addresses is taken as unchanged. */
const interfacesMs = 1000;

function ipv6Of(interfaces: ReturnType<typeof networkInterfaces>): Ipv6Here {
  const addresses = Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .filter(({ family, internal, address }) => family === "IPv6" && !internal && !/^fe[89ab]/i.test(address));
  if (addresses.length === 0) return "none";
  return addresses.some(({ address }) => /^[23]/.test(address)) ? "global" : "local";
}

const loopback: readonly Address[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];
