import { expect } from "vitest";
import { textLimits } from "#platform/limits.ts";
import { createApplication, updateApplication } from "#portal/applications/index.ts";
import { lengthOfAllErrors } from "#portal/fields/field-values.ts";
import { allChoicesErrors, parseNewDefinition } from "#portal/fields/fields-definition.ts";
import { createFieldsDefinition, parseFieldInput, updateFieldsDefinition } from "#portal/fields/index.ts";
import { createProduct, createSpecification, updateProduct, updateSpecification } from "#portal/products/index.ts";
import { parseBody, totalSizeErrors } from "#portal/products/api-specifications.ts";
import { shapeErrors } from "#portal/products/specification-document.ts";
import {
  acceptInvitation,
  createUser,
  inviteUser,
  listUsers,
  passwordErrors,
  updateUser,
} from "#portal/users/index.ts";
import { signUp } from "../portal/portal-fixture.ts";
import { passwords } from "../support/passwords.ts";
import { entriesOf, name, outcomeOf, type Scene, test } from "./limits-scene.ts";

const field = { id: 1, target: "Account", name: "notes", label: "Notes", required: false, hidden: false } as const;
const definitions = ["notes", ...Array.from({ length: 7 }, (_, place) => `more_${place}`)].map((each) => ({
  ...field,
  name: each,
  readOnly: false,
  choices: [],
  position: 1,
  createdAt: new Date(0),
  updatedAt: new Date(0),
}));
const texts: Readonly<Record<keyof typeof textLimits, (size: number) => object>> = {
  field: (size) =>
    parseFieldInput({ definitions, target: "Account", writer: "developer" }, { notes: "x".repeat(size) }).errors,
  fields(size) {
    const each = Math.floor(size / definitions.length);
    const input = Object.fromEntries(definitions.map(({ name: of }) => [of, "x".repeat(each)]));
    const last = { notes: "x".repeat(size - each * (definitions.length - 1)) };
    return parseFieldInput({ definitions, target: "Account", writer: "developer" }, { ...input, ...last }).errors;
  },
  account: (size) => lengthOfAllErrors("users", size),
  products: (size) => lengthOfAllErrors("products", size),
  metrics: (size) => lengthOfAllErrors("metrics", size),
  specification: (size) => ({ wrong: parseBody({ body: "x".repeat(size) }, "body").wrong }),
  specificationLevels: (size) => ({ wrong: shapeErrors(`${"[".repeat(size)}${"]".repeat(size)}`) }),
  specificationParts: (size) => ({
    wrong: shapeErrors(JSON.stringify({ "a,[": Array.from({ length: size }, () => '\\",') })),
  }),
  specifications: totalSizeErrors,
  password: (size) =>
    passwordErrors({ password: "x".repeat(size), confirmation: undefined, isRequired: true, lengthMin: 8 }),
  choices: (size) => {
    const choices = Array.from({ length: size }, (_, place) => `c${place}`);
    return parseNewDefinition({ target: "Account", name: "size", label: "Size", choices }).errors;
  },
  allChoices: allChoicesErrors,
};

test.for(entriesOf(textLimits))(
  "texts, %s: the maximum size is accepted, and a larger size is refused",
  ([key, { max }]) => {
    const validate = texts[key];
    expect(Object.values(validate(max)).flat()).toEqual([]);
    expect(Object.values(validate(max + 1)).flat()).toEqual([expect.stringContaining(`maximum is ${max}`)]);
  },
);

/** Signs another account up, whose user and application have as long texts as they may have together. */
async function addFullAccount({ api: { pool, provider }, by }: Scene): Promise<void> {
  const values = { org_name: "Full", username: "full", email: "full@fjord.example" };
  const { details } = await signUp(pool, { provider, values, by: { via: "program", ...by }, now: by.now });
  for (const table of ["users", "applications"])
    await pool.query(
      `update ${table} set fields = jsonb_build_object('notes', repeat('x', $2)) where provider_id = $1 and account_id = $3`,
      [provider.id, textLimits.account.max - 1000, details.account.id],
    );
}

test("the users of an account have a limited length of field values together, however they are added or changed", async ({
  scene,
}) => {
  const { accountId, by, api } = scene;
  const { pool, provider } = api;
  await addFullAccount(scene);
  const definition = { target: "User", name: "notes", label: "Notes" };
  await createFieldsDefinition(pool, { providerId: provider.id, by, values: definition });
  let code = "";
  const urlOf = (each: string): string => (code = each);
  await inviteUser(pool, { provider, accountId, by, email: "m@fjord.example", urlOf });
  const [first] = await listUsers(pool, provider.id, accountId);
  const write = (length: number) => ({ notes: "x".repeat(length) });
  const person = () => {
    const username = name();
    const secret = { password: "correct horse battery", password_confirmation: "correct horse battery" };
    return { username, email: `${username}@fjord.example`, ...secret };
  };
  const create = (length: number) =>
    createUser(pool, passwords, { provider, accountId, by, values: { ...person(), ...write(length) } });
  const accept = (length: number) =>
    acceptInvitation(pool, passwords, { provider, code, now: by.now, values: { ...person(), ...write(length) } });
  const update = (length: number) =>
    updateUser(pool, passwords, {
      provider,
      accountId,
      userId: first?.id ?? 0,
      by,
      writer: "program",
      values: write(length),
    });
  const fill =
    "update users set fields = jsonb_build_object('notes', repeat('x', $2)) where provider_id = $1 and id = $3";
  expect(await outcomeOf(create(9000))).toBe("created");
  await pool.query(fill, [provider.id, textLimits.account.max - 10_000, first?.id]);

  const refused = expect.stringContaining(`maximum is ${textLimits.account.max}`);
  expect(await outcomeOf(accept(9000))).toEqual(refused);
  expect(await outcomeOf(create(9000))).toEqual(refused);
  expect(await outcomeOf(create(900))).toBe("created");
  expect(await outcomeOf(update(9000))).toBe("created"); // it shrinks
  expect(await outcomeOf(accept(9000))).toBe("created");
  await pool.query(fill, [provider.id, 8000, first?.id]);
  const [other] = await pool.query<{ id: number }>("select max(id) as id from users where provider_id = $1", [
    provider.id,
  ]);
  await pool.query(fill, [provider.id, textLimits.account.max - 10_000, other?.id]);
  expect(await outcomeOf(update(9500))).toEqual(refused);
  await pool.query(fill, [provider.id, textLimits.account.max - 22_000, other?.id]);
  expect(await outcomeOf(update(9000))).toBe("created"); // the texts before the change do not count
});

test("the applications of an account have a limited length of texts together", async ({ scene }) => {
  const { accountId, planId, by, api } = scene;
  const { pool, provider } = api;
  await addFullAccount(scene);
  const change = { provider, accountId, by, writer: "program" } as const;
  const create = (length: number) =>
    createApplication(pool, { ...change, planId, values: { name: name(), description: "x".repeat(length) } });
  const update = (applicationId: number, length: number) =>
    updateApplication(pool, { ...change, applicationId, values: { description: "x".repeat(length) } });
  const [first, second] = [await create(9000), await create(8000)];
  if (!first || !("application" in first) || !second || !("application" in second)) throw new Error("not created");
  await pool.query(
    "update applications set fields = jsonb_build_object('notes', repeat('x', $2)) where provider_id = $1 and id = $3",
    [provider.id, textLimits.account.max - 18_000, first.application.id],
  );

  const refused = expect.stringContaining(`maximum is ${textLimits.account.max}`);
  expect(await outcomeOf(create(2000))).toEqual(refused);
  expect(await outcomeOf(update(second.application.id, 10_000))).toEqual(refused);
  expect(await outcomeOf(update(second.application.id, 8500))).toBe("created"); // its own text does not count twice
  expect(await outcomeOf(create(400))).toBe("created");
});

test("the products of a provider have a limited length of texts together", async ({ scene }) => {
  const { by, api } = scene;
  const { pool, provider } = api;
  const providerId = provider.id;
  const create = (length: number) =>
    createProduct(pool, { providerId, by, values: { name: name(), description: "x".repeat(length) } });
  const update = (productId: number, length: number) =>
    updateProduct(pool, { providerId, productId, by, values: { terms: "x".repeat(length), description: "" } });
  const [first, second] = [await create(9000), await create(8000)];
  if (!("product" in first) || !("product" in second)) throw new Error("not created");
  await pool.query("update products set txt_support = repeat('x', $2) where provider_id = $1 and id = $3", [
    providerId,
    textLimits.products.max - 18_000,
    first.product.id,
  ]);

  const refused = expect.stringContaining(`maximum is ${textLimits.products.max}`);
  expect(await outcomeOf(create(2000))).toEqual(refused);
  expect(await outcomeOf(update(second.product.id, 10_000))).toEqual(refused);
  expect(await outcomeOf(update(second.product.id, 8500))).toBe("created"); // its own text does not count twice
  expect(await outcomeOf(create(400))).toBe("created");
});

test("products that get texts concurrently keep to their limit together", async ({ scene }) => {
  const { by, api } = scene;
  const { pool, provider } = api;
  const length = textLimits.products.max / 20;
  const products: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    const created = await createProduct(pool, { providerId: provider.id, by, values: { name: name() } });
    if ("product" in created) products.push(created.product.id);
  }
  await pool.query("update products set terms = repeat('x', $2) where provider_id = $1 and id = $3", [
    provider.id,
    textLimits.products.max - 2.5 * length,
    products.pop(),
  ]);
  const outcomes = await Promise.all(
    products.map((productId) =>
      outcomeOf(
        updateProduct(pool, { providerId: provider.id, productId, by, values: { description: "x".repeat(length) } }),
      ),
    ),
  );
  expect(outcomes.filter((each) => each === "created")).toHaveLength(2);
});

test("the fields of a provider have a limited number of choices together", async ({ scene }) => {
  const { by, api } = scene;
  const { pool, provider } = api;
  const choices = Array.from({ length: textLimits.choices.max }, (_, place) => `c${place}`);
  const create = (some: readonly string[]) =>
    createFieldsDefinition(pool, {
      providerId: provider.id,
      by,
      values: { target: "User", name: name(), label: "Size", choices: some },
    });
  for (let count = 0; count < textLimits.allChoices.max; count += choices.length)
    expect(await outcomeOf(create(choices))).toBe("created");
  const refused = expect.stringContaining(`maximum is ${textLimits.allChoices.max}`);
  expect(await outcomeOf(create(["one"]))).toEqual(refused);
  const last = await create([]);
  if (!("definition" in last)) throw new Error("not created");
  const update = { providerId: provider.id, id: last.definition.id, by, values: { choices: ["one"] } };
  expect(await outcomeOf(updateFieldsDefinition(pool, update))).toEqual(refused);
});

test("the specifications of a provider have a limited size together, and shorter bodies are always accepted", async ({
  scene,
}) => {
  const { by, api } = scene;
  const { pool, provider } = api;
  const change = { providerId: provider.id, by, validate: () => Promise.resolve([]) };
  const create = (bytes: number) =>
    createSpecification(pool, { ...change, values: { name: name(), body: JSON.stringify("x".repeat(bytes - 2)) } });
  const first = await create(1000);
  const id = typeof first === "object" && "specification" in first ? first.specification.id : 0;
  const fill = "update api_specifications set body = repeat('é', $2) where provider_id = $1";
  await pool.query(fill, [provider.id, textLimits.specifications.max / 2 - 1000]);
  const refused = expect.stringContaining(`maximum is ${textLimits.specifications.max}`);
  expect(await outcomeOf(create(2001))).toEqual(refused);
  expect(await outcomeOf(create(2000))).toBe("created");
  expect(await outcomeOf(create(100))).toEqual(refused);
  expect(await outcomeOf(updateSpecification(pool, { ...change, id, values: { body: '"shorter"' } }))).toBe("created");
});
