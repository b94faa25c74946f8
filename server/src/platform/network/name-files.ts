import { readFileSync, statSync } from "node:fs";
import { isIP, isIPv6 } from "node:net";
import type { Clock } from "#platform/clock/clock.ts";
import type { Address } from "./resolve-target.ts";

export interface SearchList {
  readonly domains: readonly string[];
  readonly ndots: number;
}

/** The last `search` or `domain` line counts, and each option on its own (resolv.conf(5)). */
export function parseSearchList(text: string): SearchList {
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
export function candidatesOf(name: string, { domains, ndots }: SearchList): readonly string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = domains.map((domain) => `${name}.${domain}`);
  const dots = name.split(".").length - 1;
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

export const systemHostsFile =
  process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";

export function parseHosts(text: string): ReadonlyMap<string, readonly Address[]> {
  const hosts = new Map<string, readonly Address[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names.map((it) => it.toLowerCase())) {
      const known = hosts.get(name) ?? [];
      if (known.every((it) => it.address !== address))
        hosts.set(name, [...known, { address, family: isIPv6(address) ? 6 : 4 }]);
    }
  }
  return hosts;
}

/**
 * A small file that others may change. It is read synchronously, in some microseconds: asynchronous reads would wait for
 * the thread pool behind password hashes. A file that cannot be read counts as empty.
 */
export class WatchedFile<Parsed> {
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
    this.#version = version;
    this.#parsed = this.#parse(textOf(this.#path));
    return this.#parsed;
  }

  #versionNow(): string | undefined {
    const stats = statSync(this.#path, { throwIfNoEntry: false, bigint: true });
    return stats && `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
