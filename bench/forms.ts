import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export interface FormRequest {
  /** Where the server listens. */
  readonly origin: string;
  /** The name in the URL of the portal, which selects the provider. */
  readonly host: string;
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The client's address, which the server believes from a trusted proxy. */
  readonly from: string;
}

interface Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly html: string;
}

/** Loads a form on a new connection and submits it, like a browser on its first visit. Returns the status, or "closed". */
export async function submitForm(form: FormRequest): Promise<string> {
  try {
    const page = await send(form, "GET");
    if (page.status !== 200) return `form ${page.status}`;
    const [, token = ""] = /name="form_token" value="([^"]*)"/.exec(page.html) ?? [];
    const cookie = (page.headers["set-cookie"] ?? []).map((header) => header.split(";")[0]).join("; ");
    const body = new URLSearchParams({ ...form.fields, form_token: token }).toString();
    const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };
    return String((await send(form, "POST", headers, body)).status);
  } catch {
    return "closed";
  }
}

async function send(
  { origin, host, path, from }: FormRequest,
  method: "GET" | "POST",
  headers: OutgoingHttpHeaders = {},
  body = "",
): Promise<Page> {
  const sending = request(`${origin}${path}`, {
    method,
    agent: false,
    headers: { host, "x-forwarded-for": from, "content-length": Buffer.byteLength(body), ...headers },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sending.once("error", reject).once("response", resolve).end(body);
  });
  return { status: response.statusCode ?? 0, headers: response.headers, html: await text(response) };
}
