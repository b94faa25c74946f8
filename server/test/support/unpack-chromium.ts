import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import chromium, { inflate } from "@sparticuz/chromium";

// A program of its own, because the package unpacks to the folder for temporary files and takes no other: who runs this
// sets TMPDIR to the folder that is wanted. The archive holds shared libraries that a bare machine does not have.
await chromium.executablePath();
await inflate(join(dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))), "..", "bin", "al2023.tar.br"));
