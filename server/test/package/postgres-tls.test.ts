import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAuthority } from "../support/build-certificates.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { verifyDelivery, settingsFor } from "./verify-delivery.ts";

test(
  "every process verifies a private certificate authority of the database, and errors explain the fix",
  { timeout: 180_000 },
  async () => {
    await using folder = await makeEmptyDataDir();
    const provider = buildAuthority("Provider");
    const [ownCa, otherCa] = [join(folder.path, "own.pem"), join(folder.path, "other.pem")];
    await writeFile(ownCa, provider.caPem);
    await writeFile(otherCa, buildAuthority("Other").caPem);
    await using postgres = await startThrowAwayPostgres({ tls: provider.issue({ names: ["127.0.0.1"] }) });
    const urlWith = (query: string, host = "127.0.0.1"): string =>
      `${postgres.urlOf("postgres").replace(/@.*/, `@${host}:${postgres.port}/postgres`)}?${query}`;

    await verifyDelivery(settingsFor(urlWith(`sslmode=verify-full&sslrootcert=${ownCa}`)));
    const refusals: readonly (readonly [url: string, message: string])[] = [
      [
        urlWith("sslmode=verify-full"),
        "is of an authority that is not trusted. Give the certificate of your provider's",
      ],
      [urlWith(`sslmode=require&sslrootcert=${otherCa}`), "is of an authority that is not trusted"],
      [urlWith(`sslmode=verify-full&sslrootcert=${ownCa}`, "localhost"), "its certificate is for another name"],
      [
        urlWith(`sslmode=verify-full&sslrootcert=${ownCa}.gone`),
        "a file that the connection string names cannot be read",
      ],
    ];
    for (const [url, message] of refusals) {
      await using refused = new BellwireProcess(["serve"], settingsFor(url));
      expect(await refused.ended).toBe(1);
      expect(refused.stderr).toContain(message);
      expect(refused.stderr).not.toMatch(/throw-away|^\s+at /m);
    }
  },
);
