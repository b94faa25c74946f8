import { chown, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CannotStart } from "#platform/config/cannot-start.ts";
import { readIfThere } from "#platform/files/keep-file.ts";
import { randomHex } from "#platform/ids/random-token.ts";
import type { Place } from "./choose-place.ts";
import { explain } from "./explain-failure.ts";
import { run } from "./run-program.ts";

export const ownerRole = "bellwire_owner";

/** The version of PostgreSQL that the package brings: data of another one cannot be opened by it. */
const version = "18";
const draftPrefix = "postgres.draft-";

interface InitNeeds {
  readonly place: Place;
  readonly binaries: string;
  readonly ownerPassword: string;
  readonly say: (line: string) => void;
}

/** Makes the data directory if there is none. It appears complete or not at all. The caller holds the lock. */
export async function initDatabase({ place, binaries, ownerPassword, say }: InitNeeds): Promise<void> {
  const found = (await readIfThere(join(place.folder, "postgres", "PG_VERSION")))?.trim();
  if (found === version) return;
  if (found) {
    throw new CannotStart(
      `The database in ${place.folder} is of PostgreSQL ${found}; this Bellwire brings PostgreSQL ${version}. ` +
        "Start the Bellwire that made it, and move the data with pg_dump.",
    );
  }
  say(`making a new database in ${join(place.folder, "postgres")}`);
  await removeDrafts(place.folder);
  const draft = join(place.folder, `${draftPrefix}${randomHex(4)}`);
  try {
    await makeDraft(draft, { place, binaries, ownerPassword });
    await rename(join(draft, "postgres"), join(place.folder, "postgres"));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function makeDraft(draft: string, { place, binaries, ownerPassword }: Omit<InitNeeds, "say">): Promise<void> {
  const { user } = place;
  const passwordFile = join(draft, "password");
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, ownerPassword, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) await chown(path, user.uid, user.gid);
  const end = await run(
    join(binaries, "initdb"),
    [
      `--pgdata=${join(draft, "postgres")}`,
      `--username=${ownerRole}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--data-checksums",
      "--encoding=UTF8",
      // The same order of texts on every machine and in every version to come, indexes included.
      "--locale-provider=builtin",
      "--locale=C.UTF-8",
      "--lc-messages=C",
    ],
    { user },
  );
  if (!end.isFine) throw new CannotStart(`A new database could not be made in ${place.folder}: ${explain(end.words)}`);
}

/** What a start left that was killed amidst its work. */
async function removeDrafts(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(draftPrefix));
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
}
