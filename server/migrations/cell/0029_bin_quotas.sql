-- What a bin stores and how fast it takes more is bounded: 500 requests of any size filled the disk with dead rows.
-- Old code while this runs: counts no bytes, so its requests are dropped early once the bin is full.
-- Locks: bins and bin_requests, while the few rows of the latter are written anew.  Transaction: yes.

alter table bins
  add column bytes_caught   bigint not null default 0,                     -- all it ever caught, also what is no longer kept
  add column allowance      bigint not null default 16777216,              -- bytes it may take at allowance_at: a token bucket
  add column allowance_at   timestamptz not null default now();

alter table bin_requests
  add column size    integer not null default 0,                           -- bytes it counts for
  add column ends_at bigint not null default 0;                            -- of bins.bytes_caught, once this was caught

update bin_requests request
set size = sized.size, ends_at = sized.ends_at
from (
  select provider_id, bin_id, number, size, sum(size) over (partition by provider_id, bin_id order by number) as ends_at
  from (
    select provider_id, bin_id, number,
      octet_length(body) + octet_length(headers::text) + octet_length(query) + octet_length(path) + 1024 as size
    from bin_requests) measured) sized
where (request.provider_id, request.bin_id, request.number) = (sized.provider_id, sized.bin_id, sized.number);

update bins bin
set bytes_caught = total.bytes
from (select provider_id, bin_id, max(ends_at) as bytes from bin_requests group by provider_id, bin_id) total
where (bin.provider_id, bin.id) = (total.provider_id, total.bin_id);

-- Beginnings of bodies are read without the rest, which a compressed value does not allow.
alter table bin_requests alter column body set storage external;

-- Every request is a dead row soon: their space is used again before the files grow much.
alter table bin_requests set (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000,
  toast.autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_cost_delay = 0);
alter table bins set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
