import { List, ListItem } from "@patternfly/react-core";

import type { Selected } from "./bulk-operation.ts";

const shownMax = 10;

/** Which they are, so that nobody hits the wrong ones. */
export const SelectedNames = ({ selected }: { selected: readonly Selected[] }) => (
  <List isPlain className="bellwire-break">
    {selected.slice(0, shownMax).map(({ id, name }) => (
      <ListItem key={id}>{name}</ListItem>
    ))}
    {selected.length > shownMax && <ListItem>and {selected.length - shownMax} more</ListItem>}
  </List>
);
