import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { createFairQueue } from "#platform/fair-queue.ts";
import { textLimits } from "#platform/limits.ts";
import { networksOf } from "#platform/network/target-guard.ts";

/** Cost of a new hash. Each stored hash states its own cost. */
export interface HashCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane; 25 to 60 ms of one core. */
export const standardCost: HashCost = { memoryKiB: 19 * 1024, passes: 2, parallelism: 1 };

const saltBytes = 16;
const tagBytes = 32;

/** The limit for stored hashes, so that a foreign row cannot exhaust the memory. */
const memoryKiBMax = 256 * 1024;

/** The origin of the work. Providers take turns; within one, known devices and strangers; within these, networks. */
export interface HashingFor {
  readonly providerId: number;
  /** Absent for signed-in users and for programs with credentials. */
  readonly address?: string;
  /** The browser has signed in with this name before: floods from strangers do not delay it. */
  readonly isKnownDevice?: boolean;
}

export interface PasswordHasher {
  /** Returns a PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
  hash(plain: string, requester: HashingFor): Promise<string>;
  verify(hash: string | null | undefined, plain: string, requester: HashingFor): Promise<boolean>;
  /**
   * Verifies the password against each hash, all in one turn: a full queue refuses all or none. Takes the same time without a
   * hash, so that the time of a refusal does not reveal whether there is such a user.
   */
  verifyAll(
    hashes: readonly (string | null | undefined)[],
    plain: string,
    requester: HashingFor,
  ): Promise<readonly boolean[]>;
}

/**
 * Creates the hasher of a process. Two hashes run at once: 38 MiB at most, and two of the four threads of Node's pool stay free
 * for DNS and files. A full queue is two to three seconds of work.
 */
export function createPasswordHasher(cost: HashCost): PasswordHasher {
  const inTurn = createFairQueue({ slots: 2, waitingMax: 32, retryAfterSeconds: 3 });

  const fits = async (hash: string | null | undefined, plain: string): Promise<boolean> => {
    const known = hash && plain.length <= textLimits.password.max ? readHash(hash) : undefined;
    if (!known) {
      await tagOf({ plain: "", salt: Buffer.alloc(saltBytes), cost, tagLength: tagBytes });
      return false;
    }
    return timingSafeEqual(await tagOf({ plain, ...known, tagLength: known.tag.length }), known.tag);
  };

  const verifyAll: PasswordHasher["verifyAll"] = (hashes, plain, requester) =>
    inTurn(turnOf(requester), async () => {
      const fit: boolean[] = [];
      for (const hash of hashes) fit.push(await fits(hash, plain));
      return fit;
    });

  return {
    verifyAll,
    verify: async (hash, plain, requester) => (await verifyAll([hash], plain, requester))[0] ?? false,
    hash: async (plain, requester) => {
      if (plain.length > textLimits.password.max) throw new RangeError("The password is too long.");
      const salt = randomBytes(saltBytes);
      const tag = await inTurn(turnOf(requester), () => tagOf({ plain, salt, cost, tagLength: tagBytes }));
      const parameters = `m=${cost.memoryKiB},t=${cost.passes},p=${cost.parallelism}`;
      return `$argon2id$v=19$${parameters}$${unpadded(salt)}$${unpadded(tag)}`;
    },
  };
}

const derive = promisify(argon2);

interface Derivation {
  readonly plain: string;
  readonly salt: Buffer;
  readonly cost: HashCost;
  readonly tagLength: number;
}

const tagOf = ({ plain, salt, cost, tagLength }: Derivation): Promise<Buffer> =>
  derive("argon2id", {
    // The same letters in two Unicode spellings (é as one sign or two) are one password. For thousands of accents on one letter
    // this takes seconds of the event loop, so the length of passwords is limited.
    message: plain.normalize("NFC"),
    nonce: salt,
    memory: cost.memoryKiB,
    passes: cost.passes,
    parallelism: cost.parallelism,
    tagLength,
  });

const turnOf = ({ providerId, address, isKnownDevice = address === undefined }: HashingFor): string[] => [
  String(providerId),
  isKnownDevice ? "known" : "stranger",
  // A group of its own: work beside groups would wait for all of them.
  ...(address === undefined ? ["signed in"] : networksOf(address).map(({ network }) => network)).toReversed(),
];

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function readHash(hash: string): { cost: HashCost; salt: Buffer; tag: Buffer } | undefined {
  const [, memory, passes, parallelism, salt, tag] = phc.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return undefined;
  const cost = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  if (cost.memoryKiB > memoryKiBMax) return undefined;
  return { cost, salt: Buffer.from(salt, "base64"), tag: Buffer.from(tag, "base64") };
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");

/** One has the login as a user name, and another may have it as an email address. */
const candidatesMax = 2;

/**
 * Returns the candidates with this password, in their order. Takes the same time for zero, one and two matches, so that it does
 * not reveal which users exist.
 */
export async function filterByPassword<Candidate extends { readonly passwordHash: string | null }>(
  passwords: PasswordHasher,
  candidates: readonly Candidate[],
  password: string,
  requester: HashingFor,
): Promise<readonly Candidate[]> {
  const hashes = Array.from({ length: candidatesMax }, (_, place) => candidates[place]?.passwordHash);
  const isTheirs = await passwords.verifyAll(hashes, password, requester);
  return candidates.filter((_, place) => isTheirs[place]);
}
