import type { FastifyInstance, LightMyRequestResponse } from "fastify";

export interface Answer {
  readonly status: number;
  readonly html: string;
  readonly location: string | undefined;
  readonly headers: LightMyRequestResponse["headers"];
}

/** Gets pages, sends their forms back with the hidden inputs, and keeps cookies. No script runs. */
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

  get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send({ method: "GET", url, headers });
  }

  /** Sends nothing but what is given. */
  post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.postText(url, new URLSearchParams(fields).toString(), headers);
  }

  /** The same, where a name may stand more than once. */
  postText(url: string, payload: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send({
      method: "POST",
      url,
      payload,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  }

  /** Opens the page at `url` and sends the form on it that posts to the same path, filled in with `fields`. */
  async submit(
    url: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const [path = url] = url.split("?", 1);
    return this.post(path, { ...this.hiddenInputs((await this.get(url)).html, path), ...fields }, headers);
  }

  /** Opens the page at `url` and sends the form on it that posts to `action`. */
  async submitForm(url: string, action: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.post(action, this.hiddenInputs((await this.get(url)).html, action), headers);
  }

  hiddenInputs(html: string, action = ""): Record<string, string> {
    const form = html.slice(html.indexOf(`action="${action}`));
    const inputs = form
      .slice(0, form.indexOf("</form>"))
      .matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
    return Object.fromEntries([...inputs].map(([, name = "", value = ""]) => [name, value]));
  }

  /** What the Admin Portal's page tells its app. */
  async session(): Promise<{ csrfToken: string; places: Record<string, boolean> }> {
    const { html } = await this.get("/p/admin");
    const [, json = "{}"] = /id="bellwire-session">(.*?)<\/script>/.exec(html) ?? [];
    return JSON.parse(json);
  }

  async #send(request: {
    method: "GET" | "POST";
    url: string;
    payload?: string;
    headers: Record<string, string>;
  }): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await this.#http.inject({
      ...request,
      remoteAddress: this.#address,
      headers: { host: this.#host, ...(cookie && { cookie }), ...request.headers },
    });
    for (const { name, value } of answer.cookies) {
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return { status: answer.statusCode, html: answer.body, location: answer.headers.location, headers: answer.headers };
  }
}
