export { renderHeader } from "./export-rows.ts";
export {
  type ExportFormat,
  type Job,
  type JobKind,
  type JobSubject,
  type JobToCreate,
  type RowKey,
  type SelectRows,
  TooManyRows,
  cancelJob,
  countRows,
  createJob,
  deleteJob,
  deleteOldJobs,
  eraseJobs,
  exportFormats,
  jobKinds,
  jobSubjects,
  listJobs,
  readJob,
} from "./jobs.ts";
export { readResult, workOnJob } from "./run-job.ts";
