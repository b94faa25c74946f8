-- What requests say of an event beside its body comes to lie beside the body, so that sending reads one row and not two.
-- Breaking: older code cannot record events, since it gives no context. Stop it first.  Locks: payloads, until all are written
-- anew, some 10 s for a million.  Transaction: yes.

alter table payloads add column context json;

update payloads payload
set context = json_build_object('type', event.type, 'objectId', event.object_id, 'accountId', event.account_id,
  'time', to_char(event.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'sequence', event.sequence,
  'actor', concat_ws(':', event.actor_kind, event.actor_user_id), 'channel', event.channel)
from events event
where event.provider_id = payload.provider_id and event.id = payload.event_id;

-- Of a day that is half retired: the events are gone, and with them whoever may want these.
delete from payloads where context is null;

alter table payloads alter column context set not null;
