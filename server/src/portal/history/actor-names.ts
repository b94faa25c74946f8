import type { Database } from "#platform/database/database.ts";
import type { EventSummary } from "#webhooks/events/index.ts";

type ActorOf = Pick<EventSummary, "actorKind" | "actorUserId">;

/** Returns the name of the user who caused an event. Null without a user, or if it is not known. */
export type NameOfActor = (event: ActorOf) => string | null;

// By primary key. A deleted developer's name is in the newest event of that user, found along events_object_idx.
const namesStatement = `
  select 'provider' as owner, id, username as name
  from provider_users where provider_id = $1 and id = any($2)
  union all
  select 'developer', requested.id, coalesce(developer.username, (
    select field ->> 'value'
    from (
      select event.document from events event
      where event.provider_id = $1 and event.object_id = requested.id and event.type like 'user.%'
      order by event.id desc limit 1
    ) as last, json_array_elements(last.document -> 'record') as field
    where field ->> 'name' = 'username'
  ))
  from unnest($3::bigint[]) as requested (id)
  left join users developer on developer.provider_id = $1 and developer.id = requested.id`;

/** Users of the provider and of its accounts have ids of one sequence, but are different people. */
const ownerOf = ({ actorKind }: ActorOf): "developer" | "provider" =>
  actorKind === "developer" ? "developer" : "provider";

/** Reads the names of the users who caused the events, with one statement. */
export async function readActorNames(
  db: Database,
  providerId: number,
  events: readonly ActorOf[],
): Promise<NameOfActor> {
  const idsOf = (owner: string): readonly number[] => [
    ...new Set(
      events.flatMap((event) => (event.actorUserId !== null && ownerOf(event) === owner ? [event.actorUserId] : [])),
    ),
  ];
  const [admins, developers] = [idsOf("provider"), idsOf("developer")];
  if (admins.length + developers.length === 0) return () => null;
  const rows = await db.query<{ owner: string; id: number; name: string | null }>(namesStatement, [
    providerId,
    admins,
    developers,
  ]);
  const names = new Map(rows.map(({ owner, id, name }) => [`${owner} ${id}`, name]));
  return (event) => names.get(`${ownerOf(event)} ${event.actorUserId}`) ?? null;
}
