/** Both APIs of the Bellwire that is tried, as one of their callers. */
export interface BellwireApi {
  readonly url: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  // What an answer holds is checked where it is used, by what the run comes to.
  readonly body: unknown;
}

/** Longer than any request takes that will be answered at all. */
const patienceMs = 60_000;

/** Rejects when no answer came. */
export async function ask(
  { url, token }: BellwireApi,
  method: string,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

/** Asks again until there is an answer other than that the database is away. */
export async function askPatiently(
  api: BellwireApi,
  method: string,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask(api, method, path, body).catch((error: unknown) => {
      if (tries === 20) throw error;
      return { status: 503, body: undefined };
    });
    if (answer.status < 500 || tries === 20) return answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The value at a path of names and numbers in an answer. */
export function valueAt(body: unknown, ...path: readonly (string | number)[]): unknown {
  let found = body;
  for (const name of path) {
    found =
      typeof found === "object" && found !== null
        ? Object.entries(found).find(([key]) => key === String(name))?.[1]
        : undefined;
  }
  return found;
}

export function itemsAt(body: unknown, name: string): readonly unknown[] {
  const found = valueAt(body, name);
  return Array.isArray(found) ? found : [];
}
