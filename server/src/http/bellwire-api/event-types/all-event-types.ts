import { eventCatalogue } from "#webhooks/events/index.ts";

/** The catalogue, as the API tells it. */
export const allEventTypes = () => ({
  data: eventCatalogue.map(({ type, switchName, label, group, doors }) => ({
    type,
    switch: switchName,
    label,
    group,
    doors: [...doors],
  })),
});
