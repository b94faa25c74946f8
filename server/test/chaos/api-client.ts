import { request } from "undici";

/** A client of both APIs of the Bellwire under test. */
export interface BellwireApi {
  readonly url: string;
  /** Selects the provider, if there are several. */
  readonly host?: string;
  readonly token: string;
}

export interface ApiResponse {
  readonly status: number;
  // The code that uses an answer checks its content.
  readonly body: unknown;
}

/** Longer than any answered request takes. */
const requestTimeoutMs = 60_000;

/** Rejects if no answer came. */
export async function sendRequest(
  { url, host, token }: BellwireApi,
  method: string,
  path: string,
  body?: object,
): Promise<ApiResponse> {
  const answer = await request(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(host !== undefined && { host }),
      ...(body && { "content-type": "application/json" }),
    },
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const text = await answer.body.text();
  const isJson = text !== "" && String(answer.headers["content-type"]).includes("json"); // deletions have no body
  return { status: answer.statusCode, body: isJson ? JSON.parse(text) : text };
}

/** Repeats the request until the answer is not that the database is unavailable. */
export async function requestWithRetries(
  api: BellwireApi,
  method: string,
  path: string,
  body?: object,
): Promise<ApiResponse> {
  for (let tries = 1; ; tries += 1) {
    const answer = await sendRequest(api, method, path, body).catch((error: unknown) => {
      if (tries === 20) throw error;
      return { status: 503, body: undefined };
    });
    if (answer.status < 500 || tries === 20) return answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Returns the value at a path of names and indexes in an answer. */
export function valueAt(body: unknown, ...path: readonly (string | number)[]): unknown {
  let value = body;
  for (const name of path) {
    value =
      typeof value === "object" && value !== null
        ? Object.entries(value).find(([key]) => key === String(name))?.[1]
        : undefined;
  }
  return value;
}

export function itemsAt(body: unknown, name: string): readonly unknown[] {
  const value = valueAt(body, name);
  return Array.isArray(value) ? value : [];
}
