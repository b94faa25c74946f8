/**
 * The least that an API with webhooks does: one route, one commit, and one POST that does not wait for the response. Nothing is
 * retried, and a crash after the commit loses the webhook. Sends its origin.
 */
import fastify from "fastify";
import pg from "pg";
import { Pool } from "undici";

const [databaseUrl = "", receiverOrigin = ""] = process.argv.slice(2);
const database = new pg.Client({ connectionString: databaseUrl });
await database.connect();
await database.query("create table if not exists floor (change text)");
const receiver = new Pool(receiverOrigin, { connections: 1 });

async function post(body: string): Promise<void> {
  const answer = await receiver.request({ method: "POST", path: "/0", body });
  await answer.body.dump();
}

const http = fastify();
http.put("/floor", async ({ body }) => {
  const change = JSON.stringify(body);
  await database.query("insert into floor values ($1)", [change]);
  void post(change);
  return {};
});
process.once("disconnect", () => process.exit());
process.send?.(await http.listen({ host: "127.0.0.1", port: 0 }));
