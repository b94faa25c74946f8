import type { SignUpFields } from "./arbitrary-text.ts";

export interface SignUpResponse {
  readonly isAccepted: boolean;
  /** Names of the fields with an error. */
  readonly invalid: readonly string[];
}

export const password = "correct horse battery";

/** Submits the sign-up form as a browser does, with its cookie and hidden input. */
export async function signUpByForm(url: string, fields: SignUpFields): Promise<SignUpResponse> {
  const page = await fetch(`${url}/signup`);
  const [, token = ""] = /name="form_token" value="([^"]*)"/.exec(await page.text()) ?? [];
  const cookie = page.headers
    .getSetCookie()
    .map((header) => header.split(";")[0])
    .join("; ");
  const body = new URLSearchParams({ ...fields, password, password_confirmation: password, form_token: token });
  const response = await fetch(`${url}/signup`, { method: "POST", redirect: "manual", headers: { cookie }, body });
  const html = await response.text();
  if (response.status === 303) return { isAccepted: true, invalid: [] };
  if (response.status !== 422) throw new Error(`The form responded ${response.status}: ${html}`);
  return {
    isAccepted: false,
    invalid: Array.from(html.matchAll(/class="error" id="(\w+)-error"/g), ([, name = ""]) => name),
  };
}

/** Signs up by API, with a form, a multipart form or JSON. */
export async function signUpByApi(
  { url, token }: { readonly url: string; readonly token: string },
  body: URLSearchParams | FormData | { readonly json: SignUpFields },
): Promise<SignUpResponse> {
  const isJson = "json" in body;
  const response = await fetch(`${url}/admin/api/signup.json`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, ...(isJson ? { "content-type": "application/json" } : {}) },
    body: isJson ? JSON.stringify(body.json) : body,
  });
  const text = await response.text();
  if (response.status === 201) return { isAccepted: true, invalid: [] };
  if (response.status !== 422) throw new Error(`The API responded ${response.status}: ${text}`);
  return { isAccepted: false, invalid: Object.keys(JSON.parse(text).errors) };
}
