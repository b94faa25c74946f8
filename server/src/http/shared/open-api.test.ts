import { expect, test } from "vitest";
import { nameSchemas } from "./open-api.ts";

const pet = { type: "object", title: "Pet", properties: { name: { type: "string" } } };

test("a schema with a title is defined once and referenced", () => {
  const document = nameSchemas({
    info: { title: "Pets" },
    paths: { "/a": { schema: pet }, "/b": { type: "array", items: pet } },
  });
  expect(document).toMatchObject({
    info: { title: "Pets" },
    paths: {
      "/a": { schema: { $ref: "#/components/schemas/Pet" } },
      "/b": { items: { $ref: "#/components/schemas/Pet" } },
    },
    components: { schemas: { Pet: pet } },
  });
});

test("a property named title does not name its schema", () => {
  const properties = { title: { type: "string" }, type: { type: "string" } };
  const document = nameSchemas({ paths: { "/a": { schema: { type: "object", properties } } } });
  expect(document).toMatchObject({ paths: { "/a": { schema: { properties } } }, components: { schemas: {} } });
});

test("two different schemas with the same title are refused", () => {
  const other = { ...pet, properties: {} };
  expect(() => nameSchemas({ paths: { "/a": pet, "/b": other } })).toThrow("have the title Pet");
});
