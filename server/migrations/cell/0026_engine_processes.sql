-- The operating system's process that an engine runs in, so that an engine on the same machine can tell at once that it is dead, without
-- waiting for its lease. Null where the system cannot tell.
-- Locks `engines` exclusively, for the time of a catalogue change; it has a row for each engine.

alter table engines add column process text;
