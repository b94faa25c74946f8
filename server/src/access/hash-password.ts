import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { limitAtOnce } from "./limit-at-once.ts";

interface Cost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane; 25 to 60 ms of one core. */
let costOfNewHashes: Cost = { memoryKiB: 19 * 1024, passes: 2, parallelism: 1 };
const saltBytes = 16;
const tagBytes = 32;

/** What a stored hash may ask for, so that a row from elsewhere cannot take the machine's memory. */
const memoryKiBMax = 256 * 1024;

/** Two at once: 38 MiB at most, and two of the four threads of Node's pool stay free for names and files. */
const inTurn = limitAtOnce(2);

/** For tests, which guard nothing: hashing was a fifth of what they took. The least that argon2 knows (RFC 9106, 3.1). */
export function makeHashesCheap(): void {
  costOfNewHashes = { memoryKiB: 8, passes: 1, parallelism: 1 };
}

/** As a PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$tag`, which says how it was made. */
export async function hashPassword(plain: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const { memoryKiB, passes, parallelism } = costOfNewHashes;
  const tag = await tagOf(plain, salt, costOfNewHashes, tagBytes);
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Costs the same without a hash, so that the time of a refusal does not tell whether there is such a user. */
export async function verifyPassword(hash: string | null | undefined, plain: string): Promise<boolean> {
  const known = hash ? readHash(hash) : undefined;
  if (!known) {
    await tagOf(plain, Buffer.alloc(saltBytes), costOfNewHashes, tagBytes);
    return false;
  }
  return timingSafeEqual(await tagOf(plain, known.salt, known.cost, known.tag.length), known.tag);
}

const derive = promisify(argon2);

const tagOf = async (plain: string, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> =>
  inTurn(() =>
    derive("argon2id", {
      // The same letters in two Unicode spellings (é as one sign or two) are one password.
      message: plain.normalize("NFC"),
      nonce: salt,
      memory: cost.memoryKiB,
      passes: cost.passes,
      parallelism: cost.parallelism,
      tagLength,
    }),
  );

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function readHash(hash: string): { cost: Cost; salt: Buffer; tag: Buffer } | undefined {
  const [, memory, passes, parallelism, salt, tag] = phc.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return undefined;
  const cost = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  if (cost.memoryKiB > memoryKiBMax) return undefined;
  return { cost, salt: Buffer.from(salt, "base64"), tag: Buffer.from(tag, "base64") };
}

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
