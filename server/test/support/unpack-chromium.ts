import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import chromium, { inflate } from "@sparticuz/chromium";

// A separate program, because the package always unpacks to the folder for temporary files: the caller sets TMPDIR to the wanted
// folder. The archive includes shared libraries that a minimal machine lacks.
await chromium.executablePath();
await inflate(join(dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))), "..", "bin", "al2023.tar.br"));
