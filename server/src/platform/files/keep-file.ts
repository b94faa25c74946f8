import { link, open, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "#platform/config/error-words.ts";
import { randomHex } from "#platform/ids/random-token.ts";

/**
 * The content of a private file that is made once and then kept. Of several processes that make it in the same instant all
 * get the same content, and what was returned once is still there after a power cut.
 */
export async function keepFile(path: string, make: () => string): Promise<{ content: string; isNew: boolean }> {
  const kept = await readIfThere(path);
  if (kept !== undefined) return { content: kept, isNew: false };

  const made = make();
  const draft = `${path}.${randomHex(4)}.draft`;
  await writeDurably(draft, made);
  try {
    await link(draft, path); // fails, unlike a rename, if somebody else was first
    return { content: made, isNew: true };
  } catch (error) {
    const theirs = await readIfThere(path);
    if (theirs === undefined) throw error;
    return { content: theirs, isNew: false };
  } finally {
    await unlink(draft);
    await syncFolder(dirname(path));
  }
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function writeDurably(path: string, content: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(content);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}
