/** Does the due steps of erasures in a process of its own, which can be killed. The database and the times are arguments. */
import { appRole } from "#platform/database/app-role.ts";
import { openPool } from "#platform/database/pool.ts";
import { workOnErasure } from "#personal-data/index.ts";
import { schema } from "../support/test-databases.ts";

const [connectionString = "", ...times] = process.argv.slice(2);

await using pool = await openPool({ connectionString, schema, role: appRole, applicationName: "erasing" });
for (const time of times) while (await workOnErasure(pool, new Date(time)));
