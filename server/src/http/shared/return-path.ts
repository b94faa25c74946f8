const nowhere = "http://nowhere.invalid";

/** Where to go after signing in: a path of ours below `within`, or `fallback` for everything that could lead elsewhere. */
export function returnPath(
  asked: string | undefined,
  { within, fallback }: { within: string; fallback: string },
): string {
  // Browsers read \ as / and drop tabs and line ends: URL does the same, so what is judged is what they would open.
  const url = asked?.startsWith("/") ? URL.parse(asked, nowhere) : null;
  if (!url || url.origin !== nowhere) return fallback;
  const isWithin = url.pathname === within || url.pathname.startsWith(within.endsWith("/") ? within : `${within}/`);
  // A path such as /..//elsewhere is ours as it stands, and somebody else's once it is opened again.
  return isWithin && !url.pathname.startsWith("//") ? `${url.pathname}${url.search}` : fallback;
}
