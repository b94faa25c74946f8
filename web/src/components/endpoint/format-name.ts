import type { Endpoint } from "../../api/endpoint-queries.ts";

export const formatName: Readonly<Record<Endpoint["format"], string>> = {
  "3scale": "3scale XML",
  json: "JSON",
  cloudevents: "CloudEvents",
  "cloudevents-binary": "CloudEvents, binary",
};
