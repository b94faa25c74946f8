-- Jobs on many deliveries, failures, events or attempts, and deletions of failures that can be undone.

-- Jobs on selected deliveries, failures, events and attempts.
create table jobs (
  provider_id  bigint not null references providers on delete cascade,
  id           bigint unique default bellwire_directory.new_id(),
  kind         text not null check (kind in ('retry', 'cancel', 'replay', 'export', 'delete_failures')),
  subject      text not null check (subject in ('deliveries', 'failures', 'events', 'attempts')),
  selection    jsonb not null,                         -- the filter or the ids as requested
  endpoint_id  bigint,                                 -- destination of a replay
  format       text check (format in ('csv', 'ndjson')), -- of an export
  actor_kind    text not null,
  actor_user_id bigint,
  total        bigint not null default 0,              -- selected rows
  done         bigint not null default 0,
  skipped      bigint not null default 0,              -- changed since the job was created, so not applicable
  failed       bigint not null default 0,              -- rows of chunks that failed in every try
  chunks       integer not null default 0,
  next_chunk   integer not null default 0,
  tries        smallint not null default 0,            -- failed tries of the next chunk
  error        text,                                   -- of the last failed try
  resumed      bigint[] not null default '{}',         -- a retry ends the pause of these endpoints, each once per job
  bytes        bigint not null default 0,              -- size of an export
  state        text not null default 'running' check (state in ('running', 'done', 'cancelled')),
  created_at   timestamptz(3) not null default clock_timestamp(),
  work_at      timestamptz not null default clock_timestamp(), -- the next chunk's turn; the job that has waited longest is next
  finished_at  timestamptz(3),
  primary key (provider_id, id)
);
create index jobs_running_idx on jobs (work_at) where finished_at is null;
create index jobs_finished_idx on jobs (finished_at) where finished_at is not null;

-- The rows that a job applies to, fixed when it is created: 24 bytes each. An export replaces them by its lines; other jobs
-- delete them.
create table job_chunks (
  provider_id  bigint not null,
  job_id       bigint not null,
  number       integer not null,
  event_ids    uuid[] not null,
  endpoint_ids bigint[] not null,                      -- in the order of event_ids; 0 where events are selected
  -- The selected attempts, in the order of event_ids; an element is null if all attempts of its delivery are selected. Null where other
  -- rows are selected.
  attempt_numbers integer[],
  content      bytea,
  primary key (provider_id, job_id, number),
  foreign key (provider_id, job_id) references jobs on delete cascade
);

-- Deletions of failures, until they can no longer be undone. The id is a job's, or a new one of the same sequence.
create table failure_deletions (
  provider_id bigint not null references providers on delete cascade,
  id          bigint unique default bellwire_directory.new_id(),
  ends_at     timestamptz(3) not null,                 -- the end of the time to undo it
  undone_at   timestamptz(3),                          -- the rows return to the list from then on
  primary key (provider_id, id)
);
create index failure_deletions_ends_idx on failure_deletions (ends_at);

-- The failures of these deletions. Separate from `failures`, so that no reader of the list needs a condition.
create table deleted_failures (
  provider_id bigint not null,
  deletion_id bigint not null,
  endpoint_id bigint not null,
  event_id    uuid not null,
  failed_at   timestamptz(3) not null,
  error       text not null,
  url         bytea not null,
  primary key (provider_id, deletion_id, endpoint_id, event_id)
);
-- Retention keeps the events of deletions that can be undone.
create index deleted_failures_event_idx on deleted_failures (event_id);

-- Causes of failures that an admin has muted.
create table failure_mutes (
  provider_id bigint not null references providers on delete cascade,
  cause       text not null,                           -- the id of a group of failures
  until       timestamptz(3),                          -- null: until it is unmuted
  muted_at    timestamptz(3) not null default clock_timestamp(),
  primary key (provider_id, cause)
);
