import { expect, test } from "vitest";
import type { Product } from "../../api/products.ts";
import { exampleProduct } from "../../testing/examples.ts";
import { chosenPlanId, chosenProduct, requestBody } from "./application-draft.ts";

const product = (id: number, backend_version: Product["backend_version"]): Product => ({
  ...exampleProduct,
  id,
  backend_version,
});

test("empty credentials and those of another kind of product are not sent", () => {
  const values = {
    name: "Ferry times",
    user_key: "u-key",
    application_id: "app-id",
    application_key: "",
    region: "north",
  };
  expect(requestBody({ values }, product(7, "2"), "3")).toEqual({
    plan_id: 3,
    name: "Ferry times",
    application_id: "app-id",
    region: "north",
  });
  expect(requestBody({ values }, product(7, "1"), "3")).toEqual({
    plan_id: 3,
    name: "Ferry times",
    user_key: "u-key",
    region: "north",
  });
});

test("a single product is preselected; with several, none is", () => {
  expect(chosenProduct({}, [product(7, "1")])?.id).toBe(7);
  expect(chosenProduct({}, [product(7, "1"), product(8, "2")])).toBeUndefined();
  expect(chosenProduct({ productId: "8" }, [product(7, "1"), product(8, "2")])?.id).toBe(8);
});

test("the default plan is preselected", () => {
  const plans = [
    { id: 1, default: false },
    { id: 2, default: true },
  ];
  expect([chosenPlanId({}, plans), chosenPlanId({ planId: "1" }, plans), chosenPlanId({}, [])]).toEqual(["2", "1", ""]);
});
