/**
 * What stays as it is when there is more of everything: `engines`, one and two processes on one database; `backlog`, a
 * thousand rows and a million, also while another session holds an old snapshot; `retries`, a hundred thousand of them
 * due in the same second; `retention`, expired days dropped meanwhile. All engines are `bellwire serve --role engine`
 * processes; their memory is the most that they had at once. Run: npm run bench -- scale [case] [--json FILE]
 */
import { openReport } from "./open-report.ts";
import { measureBacklogs } from "./scale/measure-backlogs.ts";
import { measureEngines } from "./scale/measure-engines.ts";
import { measureRetention } from "./scale/measure-retention.ts";
import { measureRetries } from "./scale/measure-retries.ts";

const cases = {
  engines: measureEngines,
  backlog: measureBacklogs,
  retries: measureRetries,
  retention: measureRetention,
};

const report = openReport("scale");
const chosen = report.choose(Object.keys(cases));
for (const [name, measure] of Object.entries(cases)) if (chosen.includes(name)) await measure(report);
