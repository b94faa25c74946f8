import { Type } from "typebox";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import { id, links, times } from "../answers/schema-parts.ts";
import { adminUrl, application, provider, times as exampleTimes } from "../examples/example-portal.ts";
import { writeReferrerFilters } from "./write-referrer-filters.ts";

const filter = Type.Object({ id, value: Type.String(), ...times, links }, { title: "ReferrerFilter" });

export const referrerFiltersAnswer: DocumentedAnswer = {
  schema: Type.Object({ referrer_filters: Type.Array(Type.Object({ referrer_filter: filter })) }),
  example: writeReferrerFilters({ provider, adminUrl }, application, [
    { id: 51, applicationId: application.id, value: "*.harbour.example", ...exampleTimes },
  ]),
};
