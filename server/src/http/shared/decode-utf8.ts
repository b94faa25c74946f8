import { Problem } from "./problem.ts";

/** The text that bytes are. What is not UTF-8 is refused: to guess would store something that nobody has sent. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}
