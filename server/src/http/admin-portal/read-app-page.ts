import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SessionData } from "./session-data.ts";

/** The built page with the session in it, or undefined while there is none. Read anew each time: a build may replace it. */
export async function readAppPage(webFolder: string, session: SessionData): Promise<string | undefined> {
  const page = await readIfThere(join(webFolder, "index.html"));
  return page?.replace("</head>", () => `${sessionElement(session)}</head>`);
}

/** JSON in a script element: read as data, never run. `<` is escaped, so that no name can end the element. */
export const sessionElement = (session: SessionData): string =>
  `<script type="application/json" id="bellwire-session">${JSON.stringify(session).replaceAll("<", "\\u003c")}</script>`;

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
