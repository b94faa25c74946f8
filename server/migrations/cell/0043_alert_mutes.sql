-- Locks: alerts, for a moment, to add a column without a value.
-- Old code: works unchanged. If it mutes an alert again, the user of the mute before is shown.
--
-- Who muted an alert: colleagues see who takes care of the problem.

alter table alerts add column muted_by_user_id bigint; -- of the Admin Portal
