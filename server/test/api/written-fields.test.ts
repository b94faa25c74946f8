import { expect } from "vitest";
import { describeAccountManagementApi } from "#http/account-management-api/index.ts";
import { type ProviderApi, test } from "./api-test.ts";
import { createPortalObjects, fillIds } from "./portal-objects.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: "boolean" | "integer" | "number" | "array" | "object" | "string";
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}

type Values = Readonly<Record<string, unknown>>;

interface Documented {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

interface Documents {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const { paths, components }: Documents = JSON.parse(JSON.stringify(await describeAccountManagementApi("0.0.0")));
const resolve = (schema: Schema | undefined): Schema | undefined =>
  schema?.$ref === undefined ? schema : components.schemas[schema.$ref.replace("#/components/schemas/", "")];

/** Each path that is read and updated, with the fields of the update, as the OpenAPI document lists them. */
const updates = Object.entries(paths).flatMap(([path, { get, put: update }]) => {
  const [body] = Object.values(update?.requestBody?.content ?? {});
  const fields = resolve(body?.schema)?.properties;
  return get && fields ? [{ path: path.replace("/admin/api", ""), fields }] : [];
});

/** Fields that an update only takes as arguments or does not change, with the reason. */
const notWritten: Readonly<Record<string, string>> = {
  "/fields_definitions/{id}.json target": "fixed when the field is defined",
  "/fields_definitions/{id}.json name": "fixed when the field is defined",
  "/active_docs/{id} service_id": "needs another service: active-docs.test.ts moves a specification",
  "/settings.json enforce_sso": "can be turned on only after a sign-in with an authentication provider",
  "/users/{id} password_confirmation": "confirms another field",
  "/users/{id} current_password": "authenticates the caller",
};

/** Valid values of texts with a special format. */
const texts: Readonly<Record<string, string>> = {
  body: '{"apis":[]}\n',
  accepted_at: "2026-01-04T05:06:07Z",
  first_traffic_at: "2026-01-02T03:04:05Z",
  first_daily_traffic_at: "2026-01-03T04:05:06Z",
  deployment_option: "self_managed",
  site: "https://sso.quay.example/realms/other",
  time_zone: "Europe/Oslo",
};

/** Tables of the fields that no response shows, by path. */
const tables: Readonly<Record<string, string>> = {
  "/accounts/{account_id}/users/{id}": "users",
  "/accounts/{account_id}/applications/{id}": "applications",
  "/account_plans/{id}": "plans",
  "/services/{service_id}/application_plans/{id}": "plans",
  "/services/{id}": "products",
  "/users/{id}": "provider_users",
};

/** Columns of fields whose column has another name. */
const columns: Readonly<Record<string, string>> = {
  password: "password_hash",
  member_permission_ids: "sections",
  member_permission_service_ids: "service_ids",
};

test("the OpenAPI document lists the updates of accounts, users, applications, plans and settings", () => {
  expect(updates.map(({ path }) => path)).toEqual(
    expect.arrayContaining([...Object.keys(tables), "/accounts/{id}", "/settings.json", "/provider"]),
  );
});

test.for(updates)("each updated field is read back: $path", async ({ path, fields }, { api }) => {
  const objects = await createPortalObjects(api);
  const field = await api.send("POST", "/fields_definitions.json", {
    payload: { target: "Account", name: "region", label: "Region" },
  });
  const member = await api.send("POST", "/users.json", {
    payload: { username: "member", email: "member@quay.example", password: "a long password" },
  });
  const [fieldId, memberId] = [field.json().fields_definition.id, member.json().user.id];
  const object = fillIds(path, { ...objects, field: fieldId, providerUser: memberId });
  const url = object.endsWith(".json") ? object : `${object}.json`;
  const id = Number(/(\d+)(?:\.json|\/permissions)?$/.exec(object)?.[1]);
  const place: Place = { api, url, id, table: tables[path] };

  for (const [name, schema] of Object.entries(fields)) {
    if (notWritten[`${path} ${name}`] !== undefined) continue;
    const before = await readField(place, name);
    const value = anotherValue(schema, { name, before, ids: [objects.service] });
    const written = await api.send("PUT", url, { payload: { [name]: value } });
    expect([name, written.statusCode, written.body]).toEqual([name, 200, expect.any(String)]);
    const after = await readField(place, name);
    if (name === "password" || name === "state_event") expect([name, after]).not.toEqual([name, before]);
    else expect([name, after]).toEqual([name, value]);
    // Some fields exclude each other, so each is reset.
    if (typeof before === "boolean") await api.send("PUT", url, { payload: { [name]: before } });
  }
});

interface Place {
  readonly api: ProviderApi;
  readonly url: string;
  readonly id: number;
  readonly table: string | undefined;
}

/** Returns a field as a read shows it, or else as its column holds it. */
async function readField({ api, url, id, table }: Place, name: string): Promise<unknown> {
  const response = await api.send("GET", url);
  const [object = {}] = Object.values(response.json<Record<string, Values>>());
  const shown = name === "state_event" ? "state" : name;
  if (Object.hasOwn(object, shown) || table === undefined) return object[shown];
  const column = columns[name] ?? name;
  const statement = `select to_json(${column}) as value from ${table} where provider_id = $1 and id = $2`;
  const [row] = await api.pool.query<{ value: unknown }>(statement, [api.provider.id, id]);
  const value = row?.value;
  const isTime = typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
  return isTime ? `${new Date(value).toISOString().slice(0, 19)}Z` : value;
}

interface Current {
  readonly name: string;
  readonly before: unknown;
  /** Ids that a list of ids may hold. */
  readonly ids: readonly number[];
}

/** Returns a legal value that differs from the current one. */
function anotherValue(schema: Schema, current: Current): unknown {
  const { name, before, ids } = current;
  if (name === "state_event") return before === "published" ? "hide" : "publish";
  if (schema.enum) return schema.enum.find((each) => each !== before);
  switch (schema.type) {
    case "boolean":
      return before !== true;
    case "integer":
    case "number":
      return typeof before === "number" && before > Math.max(schema.minimum ?? 0, 1)
        ? before - 1
        : Number(before ?? 0) + 1;
    case "array":
      if (schema.items?.type === "integer") return name.endsWith("_ids") ? ids : [50];
      return [anotherValue(schema.items ?? {}, { ...current, before: undefined })];
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, each]) => [
          key,
          anotherValue(each, { ...current, name: key, before: undefined }),
        ]),
      );
    case "string":
    case undefined:
      break;
  }
  if (schema.anyOf?.[0]) return anotherValue(schema.anyOf[0], current);
  return texts[name] ?? (name.includes("email") ? `changed-${name}@quay.example` : `changed-${name}`);
}
