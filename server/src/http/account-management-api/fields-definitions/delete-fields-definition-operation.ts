import { deleteFieldsDefinition } from "#portal/fields/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { jsonOnly, type Operation } from "../operation.ts";

export const deleteFieldsDefinitionOperation: Operation = {
  title: "Fields Definition Delete",
  tag: "Fields definitions",
  says: "Keeps a field no more, unless nothing could do without it.",
  method: "DELETE",
  path: "/fields_definitions/{id}",
  deed: "change-settings",
  formats: jsonOnly,

  async answer({ pool }, { provider, by, id }) {
    doneOrRefuse(await deleteFieldsDefinition(pool, { providerId: provider.id, id: id("id"), by }));
    return {};
  },
};
