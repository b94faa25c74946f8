import { nameInLine } from "#platform/document/plain-text.ts";
import type { NewMail } from "./mail.ts";

interface Rejection {
  readonly provider: { readonly name: string };
  readonly recipient: string;
  readonly username: string;
  /** The application's. */
  readonly name: string;
  /** In the words of whoever rejected it; may be empty. */
  readonly reason: string;
}

export const applicationRejectedMail = ({ provider, recipient, username, name, reason }: Rejection): NewMail => ({
  recipient,
  subject: `${nameInLine(provider.name)}: your application is not approved`,
  text: `Hello ${username},

the application ${nameInLine(name)} was not approved at ${nameInLine(provider.name)}.
${reason === "" ? "" : `\n${reason}\n`}`,
});
