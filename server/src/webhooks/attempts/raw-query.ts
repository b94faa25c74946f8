/**
 * The query of a URL as it is configured, with its question mark; nothing where there is none. A `URL` would write quotes and
 * angle brackets in its own way and drop a question mark with nothing behind it, and a receiver may sign or compare what it
 * was configured with. Only what may not stand in a request line is percent-encoded; line breaks and tabs are no part of a
 * URL, nor is space around it.
 */
export function rawQuery(text: string): string {
  const url = text.replaceAll(/[\t\n\r]/g, "").replace(/[\0- ]+$/, "");
  const [beforeFragment = ""] = url.split("#", 1);
  const at = beforeFragment.indexOf("?");
  if (at === -1) return "";
  return beforeFragment
    .slice(at)
    .toWellFormed()
    .replaceAll(/[^!-~]/gu, encodeURIComponent);
}
