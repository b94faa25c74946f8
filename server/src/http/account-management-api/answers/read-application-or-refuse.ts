import type { Database } from "#platform/database/database.ts";
import { readApplication, type Application } from "#portal/applications/index.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Call } from "../operation.ts";

/** The application that a call names, if it is there and the account's own. */
export async function readApplicationOrRefuse(
  db: Database,
  { provider, id }: Call,
  name: "id" | "application_id",
): Promise<Application> {
  const application = await readApplication(db, provider.id, id(name));
  if (application?.accountId !== id("account_id")) throw new Problem("not-found");
  return application;
}
