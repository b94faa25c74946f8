import { expect, test } from "vitest";
import { record, value } from "#platform/document.ts";
import { renderXml } from "#platform/xml.ts";
import { aDefinition } from "../../../test/support/build-portal.ts";
import {
  countryCodeOf,
  type FieldValues,
  fieldsToJson,
  parseAnnotations,
  parseBoolean,
  representFields,
} from "./field-values.ts";

const account = (...names: readonly string[]) => names.map((name) => aDefinition("Account", name));
const xmlOf = (names: readonly string[], values: FieldValues): string =>
  renderXml(record("x", representFields(account(...names), "Account", values))).slice("<x>".length, -"</x>".length);

test("fields are in the order of their definitions, custom ones inside extra_fields", () => {
  const values = { region: "emea", country: "Spain", org_name: "Fjord & Sons", vat_rate: "21.00" };
  expect(xmlOf(["org_name", "region", "country", "vat_rate"], values)).toBe(
    "<org_name>Fjord &amp; Sons</org_name><country>Spain</country><vat_rate>21.0</vat_rate><extra_fields><region>emea</region></extra_fields>",
  );
});

test("a field that is not defined for the target is omitted", () => {
  expect(xmlOf(["org_name"], { org_name: "Quay", secret: "x" })).toBe(
    "<org_name>Quay</org_name><extra_fields></extra_fields>",
  );
  expect(representFields([aDefinition("User", "title")], "Account", { title: "Dr" })).toEqual([
    record("extra_fields", []),
  ]);
});

test("a user's field named like an account's rate is rendered as text", () => {
  const definitions = [aDefinition("User", "vat_rate")];
  expect(representFields(definitions, "User", { vat_rate: "007" })).toEqual([
    record("extra_fields", [value("vat_rate", "007")]),
  ]);
});

test("blank values are omitted and others trimmed, also in lists", () => {
  expect(xmlOf(["city", "zip", "skills"], { city: "  ", zip: " 1010 ", skills: ["c", " ", " go "] })).toBe(
    "<zip>1010</zip><extra_fields><skills>c</skills><skills>go</skills></extra_fields>",
  );
});

test("an address contains every part, also missing ones, and its two lines joined", () => {
  const billing = {
    company: "Quay",
    address1: "Pier 1",
    address2: "Gate 2",
    phone_number: "",
    city: "Faro",
    country: "Portugal",
  };
  expect(xmlOf(["billing_address"], { billing_address: billing })).toBe(
    "<billing_address><company>Quay</company><address>Pier 1\nGate 2</address><address1>Pier 1</address1>" +
      "<address2>Gate 2</address2><phone_number></phone_number><city>Faro</city><country>Portugal</country><state/><zip/>" +
      "</billing_address><extra_fields></extra_fields>",
  );
});

test("an account without a billing address has one with three parts from other fields", () => {
  const address = (values: FieldValues) => fieldsToJson(account("billing_address"), "Account", values);
  const nothing = { address: "", address1: null, address2: null, city: null, state: null, zip: null };
  expect(address({ org_name: "Quay", country: "Spain", telephone_number: "+34 1" })).toEqual({
    billing_address: { ...nothing, company: "Quay", country: "ES", phone_number: "+34 1" },
  });
  const own = { company: " ", country: "Atlantis", phone_number: "" };
  expect(address({ org_name: "Quay", country: "Spain", billing_address: own })).toEqual({
    billing_address: { ...nothing, company: "Quay", country: "Atlantis", phone_number: "" },
  });
});

test.each([
  ["Norway", "NO"],
  ["united kingdom", "GB"],
  [" Germany ", "DE"],
  ["PT", "PT"],
  ["Atlantis", null],
])("the code of the country %s is %s", (country, code) => {
  expect(fieldsToJson(account("billing_address"), "Account", { country })).toMatchObject({
    billing_address: { country: code },
  });
});

test("the name of each Unicode country maps to its code", () => {
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(65 + index));
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  // Deprecated codes are aliases of others. The excluded codes are translation tests, an unknown country and remote islands.
  const isCountry = (code: string) =>
    new Intl.Locale(`und-${code}`).region === code && !["XA", "XB", "ZZ", "QO"].includes(code);
  const countries = codes.filter(isCountry).flatMap((code) => {
    const name = names.of(code);
    return name === undefined ? [] : [[name, code] as const];
  });
  expect(countries.length).toBeGreaterThan(250);
  expect(countries.map(([name]) => [name, countryCodeOf(name)])).toEqual(countries);
});

test("an unset field named like an inherited property is empty", () => {
  expect(xmlOf(["constructor"], {})).toBe("<extra_fields></extra_fields>");
});

test("JSON has the fields flat, built-in ones first", () => {
  const values = { region: "emea", org_name: "Quay", vat_rate: "21.0", skills: ["c"] };
  const json = fieldsToJson(account("region", "skills", "org_name", "vat_rate", "city"), "Account", values);
  expect(JSON.stringify(json)).toBe('{"org_name":"Quay","vat_rate":"21.0","region":"emea","skills":["c"]}');
});

test("omitted annotations are kept, and emptied ones deleted", () => {
  const { annotations, errors } = parseAnnotations({ tier: "1" }, { tier: "", managed_by: "operator" });
  expect([annotations, errors]).toEqual([{ managed_by: "operator" }, {}]);
  expect(parseAnnotations({ tier: "1" }, undefined).annotations).toEqual({ tier: "1" });
});

test("an annotation name unknown to 3scale is refused", () => {
  for (const name of ["tier", "1st <b>", "", "__proto__", "constructor"]) {
    const { annotations, errors } = parseAnnotations({}, JSON.parse(JSON.stringify({ [name]: "x" })));
    expect([name, annotations, errors]).toEqual([name, {}, { "annotations.name": ["is not included in the list"] }]);
  }
});

test.each([
  [
    "an annotation that XML cannot contain",
    { managed_by: "\u0001" },
    ["managed_by contains characters that are not allowed"],
  ],
  ["an annotation that is not text", { managed_by: { a: 1 } }, ["managed_by is invalid"]],
  [
    "an annotation longer than 255 characters",
    { managed_by: "x".repeat(256) },
    ["managed_by is too long (maximum is 255 characters)"],
  ],
  ["a list instead of annotations", ["managed_by"], ["is invalid"]],
])("%s is refused", (_defect, input, expected) => {
  expect(parseAnnotations({}, input)).toEqual({ annotations: {}, errors: { annotations: expected } });
});

test("a switch is read in any case and in one letter, and other words are refused", () => {
  const parse = (sent: unknown) => parseBoolean({ sent }, "sent");
  for (const text of ["True", "TRUE", "t", "T", "On"]) expect([text, parse(text).value]).toEqual([text, true]);
  for (const text of ["False", "FALSE", "f", "F", "OFF"]) expect([text, parse(text).value]).toEqual([text, false]);
  for (const text of ["maybe", "truely", "2"]) expect([text, parse(text).wrong]).toEqual([text, ["is invalid"]]);
});
