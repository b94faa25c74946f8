export { applicationToJson } from "./application-to-json.ts";
export { createApplication } from "./create-application.ts";
export type { Application } from "./application.ts";
export { listApplications, readApplication } from "./read-applications.ts";
export { representApplication, representDeletedApplication } from "./represent-application.ts";
