import type { FastifyInstance, LightMyRequestResponse } from "fastify";

export interface PageResponse {
  readonly status: number;
  readonly html: string;
  readonly location: string | undefined;
  readonly headers: LightMyRequestResponse["headers"];
}

/** A browser without scripts: loads pages, submits forms with their hidden inputs, and keeps cookies. */
export class Visitor {
  readonly #http: FastifyInstance;
  readonly #host: string;
  readonly #address: string;
  readonly cookies = new Map<string, string>();

  constructor(http: FastifyInstance, host: string, address: string) {
    this.#http = http;
    this.#host = host;
    this.#address = address;
  }

  get(url: string, headers: Record<string, string> = {}): Promise<PageResponse> {
    return this.#send({ method: "GET", url, headers });
  }

  head(url: string): Promise<PageResponse> {
    return this.#send({ method: "HEAD", url, headers: {} });
  }

  /** Sends only the given fields. */
  post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<PageResponse> {
    return this.postText(url, new URLSearchParams(fields).toString(), headers);
  }

  /** Sends an encoded form, which may repeat names. */
  postText(url: string, payload: string, headers: Record<string, string> = {}): Promise<PageResponse> {
    return this.#send({
      method: "POST",
      url,
      payload,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  }

  /** Loads the page at `url` and submits its form of the same path with `fields`. */
  async submit(
    url: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<PageResponse> {
    const [path = url] = url.split("?", 1);
    return this.post(path, { ...this.hiddenInputs((await this.get(url)).html, path), ...fields }, headers);
  }

  /** Loads the page at `url` and submits its form with the path `action`. */
  async submitForm(url: string, action: string, headers: Record<string, string> = {}): Promise<PageResponse> {
    return this.post(action, this.hiddenInputs((await this.get(url)).html, action), headers);
  }

  hiddenInputs(html: string, action = ""): Record<string, string> {
    const form = html.slice(html.indexOf(`action="${action}`));
    const inputs = form
      .slice(0, form.indexOf("</form>"))
      .matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
    return Object.fromEntries([...inputs].map(([, name = "", value = ""]) => [name, value]));
  }

  /** Returns the session data in the Admin Portal's page. */
  async session(): Promise<{ csrfToken: string; pages: Record<string, boolean> }> {
    const { html } = await this.get("/p/admin");
    const [, json = "{}"] = /id="bellwire-session">(.*?)<\/script>/.exec(html) ?? [];
    return JSON.parse(json);
  }

  async #send(request: {
    method: "GET" | "HEAD" | "POST";
    url: string;
    payload?: string;
    headers: Record<string, string>;
  }): Promise<PageResponse> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await this.#http.inject({
      ...request,
      remoteAddress: this.#address,
      headers: { host: this.#host, ...(cookie && { cookie }), ...request.headers },
    });
    for (const { name, value } of response.cookies) {
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return {
      status: response.statusCode,
      html: response.body,
      location: response.headers.location,
      headers: response.headers,
    };
  }
}
