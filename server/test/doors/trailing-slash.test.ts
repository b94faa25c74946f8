import { expect } from "vitest";
import { setUp } from "../portal/house.ts";
import { openEveryDoor } from "../support/open-every-door.ts";
import { test } from "../support/test.ts";

test("a slash too much at the end of an address leads to the same", async ({ database }) => {
  const { accessToken } = await setUp(database);
  await using doors = await openEveryDoor(database);
  const headers = { authorization: `Bearer ${accessToken}` };
  for (const path of ["/signup", "/login", "/p/login", "/admin/api/accounts", "/api/v1/endpoints", "/healthz"]) {
    const [without, withIt] = [
      await doors.http.inject({ url: path, headers }),
      await doors.http.inject({ url: `${path}/`, headers }),
    ];
    expect([path, withIt.statusCode, withIt.headers["content-type"]]).toEqual([
      path,
      200,
      without.headers["content-type"],
    ]);
  }
});
