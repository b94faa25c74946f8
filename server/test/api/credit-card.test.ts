import { expect } from "vitest";
import { test, type ProviderApi } from "./api-test.ts";

const card = { credit_card_token: "cus_4f2a", credit_card_expiration_year: "2031", credit_card_expiration_month: "5" };
const billing = {
  billing_address_name: "Mira Harbour",
  billing_address_address: "1 Quay",
  billing_address_city: "Hull",
  billing_address_country: "GB",
};

async function signUp(api: ProviderApi): Promise<string> {
  const { account } = (
    await api.send("POST", "/signup.json", { payload: { org_name: "Quay", username: "quay" } })
  ).json();
  return `/accounts/${account.id}`;
}

test("a card's billing address is stored, and returned once the field is defined", async ({ api }) => {
  const path = await signUp(api);
  const keep = (payload: object) => api.send("PUT", `${path}/credit_card.json`, { payload: { ...card, ...payload } });
  const phone = { billing_address_phone: "+44 1482 1", billing_address_zip: "HU1" };
  expect((await keep({ ...billing, ...phone })).json().account).not.toHaveProperty("billing_address");

  const field = { target: "Account", name: "billing_address", label: "Billing address", read_only: true };
  expect((await api.send("POST", "/fields_definitions.json", { payload: field })).statusCode).toBe(201);
  expect((await api.send("GET", `${path}.json`)).json().account.billing_address).toEqual({
    company: "Mira Harbour",
    address: "1 Quay",
    address1: "1 Quay",
    address2: null,
    phone_number: "+44 1482 1",
    city: "Hull",
    country: "GB",
    state: null,
    zip: "HU1",
  });
  expect((await api.send("GET", `${path}.xml`)).body).toContain(
    "<billing_address><company>Mira Harbour</company><address>1 Quay</address><address1>1 Quay</address1><address2/>" +
      "<phone_number>+44 1482 1</phone_number><city>Hull</city><country>GB</country><state/><zip>HU1</zip></billing_address>",
  );

  const moved = await keep({ ...billing, billing_address_city: "York" });
  expect(moved.json().account.billing_address).toMatchObject({ city: "York", phone_number: null, zip: null });

  expect((await api.send("DELETE", `${path}/credit_card.json`)).statusCode).toBe(200);
  expect((await api.send("GET", `${path}.json`)).json().account.billing_address).toMatchObject({
    company: "Quay",
    address: "",
    city: null,
  });
});

test("a card without a billing name is rejected, and only the first missing part is reported", async ({ api }) => {
  const path = await signUp(api);
  const update = (payload: object) => api.send("PUT", `${path}/credit_card.json`, { payload });
  const bare = await update({ ...card, billing_address_city: "", billing_address_zip: "x".repeat(256) });
  expect([bare.statusCode, bare.json()]).toEqual([
    422,
    {
      errors: { billing_address_name: ["invalid"] },
    },
  ]);
  expect((await api.send("GET", `${path}.json`)).json().account.credit_card_stored).toBe(false);
});
