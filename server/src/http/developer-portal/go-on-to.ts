import type { FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "../shared/read-form.ts";

/** What the page after a form says was done. */
const sentences = {
  saved: "Your changes are saved.",
  "password-changed": "Your password is changed. Other browsers that were logged in are not any more.",
  "password-chosen": "Your new password is set. Log in with it.",
  "user-deleted": "The user is deleted.",
  "activation-sent": "The activation mail is on its way.",
  invited: "The invitation is on its way.",
  "invitation-deleted": "The invitation is deleted: its link opens nothing any more.",
  joined: "Welcome! You are a member of this account now.",
  "application-created": "Your application is ready.",
  "application-asked-for": "Your application waits for approval. Its credentials work once it is approved.",
  "application-deleted": "The application is deleted.",
  "plan-changed": "The plan is changed.",
  "plan-asked-for": "Your request is on its way. Until it is decided, the plan stays as it is.",
  "request-withdrawn": "Your request is withdrawn. The plan stays as it is.",
  "key-added": "The key is added. It can be used at once.",
  "key-deleted": "The key is deleted.",
  "key-regenerated": "There is a new key. The old one is gone.",
  "filter-added": "The referrer filter is added.",
  "filter-deleted": "The referrer filter is deleted.",
} as const satisfies Record<string, string>;

type Deed = keyof typeof sentences;

/** After a form has worked, on to a page that says so. */
export const goOnTo = (reply: FastifyReply, path: string, deed: Deed): FastifyReply =>
  reply.redirect(`${path}?done=${deed}`, 303);

/** What was done before the page that is asked for. */
export function sentenceFor(request: FastifyRequest): string | undefined {
  const { done } = readForm(request.query);
  return Object.entries(sentences).find(([deed]) => deed === done)?.[1];
}
