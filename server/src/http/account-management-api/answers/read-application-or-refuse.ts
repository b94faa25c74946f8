import { reaches } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { readApplication, type Application } from "#portal/applications/index.ts";
import { Problem } from "#http/shared/problem.ts";
import type { Call } from "../operation.ts";

/** The application that a call names, if it is there, the account's own, and of a service that the caller may see. */
export async function readApplicationOrRefuse(
  db: Database,
  { provider, caller, id }: Call,
  name: "id" | "application_id",
): Promise<Application> {
  const application = await readApplication(db, provider.id, id(name));
  if (application?.accountId !== id("account_id")) throw new Problem("not-found");
  if (!reaches(caller.reach, application.product.id)) throw new Problem("not-found");
  return application;
}
