import { isBlank } from "#platform/document/plain-text.ts";
import type { FieldErrors } from "#portal/fields/index.ts";

/** What a new provider is to be. What is left out is made at random. */
export interface ProviderSetup {
  readonly name: string;
  readonly subdomain: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
  readonly accessToken?: string | undefined;
  readonly providerKey?: string | undefined;
  readonly now: Date;
}

const nameLengthMax = 255;
const label = /^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/;

/** What is wrong with the names of a new provider. */
export function judgeProviderSetup({ name, subdomain }: ProviderSetup): FieldErrors {
  const wrongSubdomain = subdomain.endsWith("-admin")
    ? "must not end in -admin: that is how its admin side is called"
    : "may hold small letters, digits and, inside, hyphens; 50 at most";
  return {
    name: isBlank(name) || name.length > nameLengthMax ? [`must have 1 to ${nameLengthMax} characters`] : [],
    subdomain: label.test(subdomain) && !subdomain.endsWith("-admin") ? [] : [wrongSubdomain],
  };
}
