import { Checkbox } from "@patternfly/react-core";

interface Actors {
  readonly provider_actions: boolean;
  readonly all_actors: boolean;
}

export interface ActorChoicesProps {
  readonly settings: Actors;
  readonly onChange: (changed: Partial<Actors>) => void;
}

/** Whose changes an endpoint is told of, besides those of developers. */
export function ActorChoices({ settings, onChange }: ActorChoicesProps) {
  return (
    <>
      <Checkbox
        id="provider_actions"
        name="provider_actions"
        label="Actions in the admin portal also trigger webhooks"
        description="And with an access token. Unchecked: only what developers do in the Developer Portal triggers webhooks"
        isChecked={settings.provider_actions}
        onChange={(_, provider_actions) => onChange({ provider_actions })}
      />
      <Checkbox
        id="all_actors"
        name="all_actors"
        label="Also activation by e-mail, provider key and background changes"
        description="Unchecked: changes that no signed-in person and no access token made are recorded, and not sent"
        isChecked={settings.all_actors}
        onChange={(_, all_actors) => onChange({ all_actors })}
      />
    </>
  );
}
