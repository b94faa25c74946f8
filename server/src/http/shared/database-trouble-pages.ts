import type { FastifyReply } from "fastify";
import type { Problem } from "./problem.ts";

/** A page that needs nothing but itself: no provider's name, which nobody can look up at the moment. */
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Back in a moment</title>
<h1>Back in a moment</h1>
<p>Our database does not answer right now. Nothing that was saved is lost.</p>
<p>Please try again in a few seconds. If you were changing something, look first whether it was done.</p>
</html>
`;

/** What people see in either portal while the database is away. */
export function showDatabaseAway(reply: FastifyReply, { status, retryAfterSeconds }: Problem): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header("retry-after", retryAfterSeconds);
  return reply.code(status).type("text/html; charset=utf-8").send(page);
}

/** What people read in either portal when more passwords wait to be checked than fit. */
export const tooBusyPage = {
  template: "message",
  title: "Please try again in a few seconds",
  status: 503,
  data: { text: "Many people are signing in at the moment, so what you asked for was not done." },
} as const;

/** What people read in either portal when the database has no room left. They can go on looking at what is there. */
export const databaseFullPage = {
  template: "message",
  title: "Nothing can be changed at the moment",
  status: 503,
  data: {
    text: "Our database has no room left, so what you asked for was not done. Everything that was saved is still there. Please try again later.",
  },
} as const;
