-- Until when sends of a lane's former owner count against `max_per_second`: at most a second after it gave the lane back.
-- Locks `lanes` exclusively for an instant: a column without a default does not rewrite the table.
alter table lanes add column rate_until timestamptz;
