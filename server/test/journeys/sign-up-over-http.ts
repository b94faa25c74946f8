import type { Typed } from "./typed-text.ts";

export interface SignUpAnswer {
  readonly isThrough: boolean;
  /** The fields beside which an error stands. */
  readonly wrong: readonly string[];
}

export const password = "correct horse battery";

/** As a browser does: gets the page, fills the form in, and sends it with its cookie and its hidden input. */
export async function signUpByForm(url: string, typed: Typed): Promise<SignUpAnswer> {
  const page = await fetch(`${url}/signup`);
  const [, token = ""] = /name="form_token" value="([^"]*)"/.exec(await page.text()) ?? [];
  const cookie = page.headers
    .getSetCookie()
    .map((it) => it.split(";")[0])
    .join("; ");
  const body = new URLSearchParams({ ...typed, password, password_confirmation: password, form_token: token });
  const answer = await fetch(`${url}/signup`, { method: "POST", redirect: "manual", headers: { cookie }, body });
  const html = await answer.text();
  if (answer.status === 303) return { isThrough: true, wrong: [] };
  if (answer.status !== 422) throw new Error(`The form answers ${answer.status}: ${html}`);
  return { isThrough: false, wrong: Array.from(html.matchAll(/class="error" id="(\w+)-error"/g), ([, it = ""]) => it) };
}

/** As a program does, with a body of any of the three kinds. */
export async function signUpByApi(
  { url, token }: { readonly url: string; readonly token: string },
  body: URLSearchParams | FormData | { readonly json: Typed },
): Promise<SignUpAnswer> {
  const isJson = "json" in body;
  const answer = await fetch(`${url}/admin/api/signup.json`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, ...(isJson ? { "content-type": "application/json" } : {}) },
    body: isJson ? JSON.stringify(body.json) : body,
  });
  const text = await answer.text();
  if (answer.status === 201) return { isThrough: true, wrong: [] };
  if (answer.status !== 422) throw new Error(`The API answers ${answer.status}: ${text}`);
  return { isThrough: false, wrong: Object.keys(JSON.parse(text).errors) };
}
