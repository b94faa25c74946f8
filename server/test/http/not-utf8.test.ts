import { expect } from "vitest";
import { setUp } from "../portal/house.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test.ts";

const form = "application/x-www-form-urlencoded";
const multipart = `--x\r\ncontent-disposition: form-data; name="org_name"\r\n\r\nQu\u00ffy\r\n--x--\r\n`;

/** Bodies in Latin-1: ÿ is the byte ff, which UTF-8 does not have. */
const sent: readonly (readonly [path: string, type: string, body: string])[] = [
  ["/signup", form, "org_name=Qu%FFy"],
  ["/signup", form, "org_name=Quÿy"],
  ["/signup", form, "org_name=%ED%A0%80"],
  ["/login", form, "username=%FF"],
  ["/p/login", form, "username=%FF"],
  ["/admin/api/signup.json", form, "username=mira&org_name=Qu%FFy"],
  ["/admin/api/signup.json", form, "username=mira&org_name=Quÿy"],
  ["/admin/api/signup.json?username=mira&org_name=Qu%FFy", form, ""],
  ["/admin/api/signup.json", "application/json", '{"username":"mira","org_name":"Quÿy"}'],
  ["/admin/api/signup.json?username=mira", "multipart/form-data; boundary=x", multipart],
  ["/admin/api/accounts/%FF.json", form, ""],
  ["/api/v1/endpoints", "application/json", '{"name":"ÿ","url":"http://127.0.0.1/"}'],
];

test.for(sent)(
  "bytes that are no text are refused, not guessed: %s, %s, %j",
  async ([path, type, body], { database }) => {
    const { accessToken } = await setUp(database);
    await using server = await openWebServer(database);
    const answer = await server.http.inject({
      method: "POST",
      url: path,
      headers: { "content-type": type, authorization: `Bearer ${accessToken}` },
      payload: Buffer.from(body, "latin1"),
    });

    expect(answer.statusCode).toBe(400);
    expect(answer.body).not.toBe("");
    for (const table of ["accounts", "endpoints"]) expect(await database.query(`select from ${table}`)).toEqual([]);
  },
);

test("a file in a multipart form may hold any bytes, beside fields that are texts", async ({ database }) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database);
  const parts = [
    'content-disposition: form-data; name="org_name"\r\n\r\nQuay',
    'content-disposition: form-data; name="username"\r\n\r\nmira',
    'content-disposition: form-data; name="logo"; filename="logo.png"\r\ncontent-type: image/png\r\n\r\n\u00ff\u0000',
  ];
  const answer = await server.http.inject({
    method: "POST",
    url: "/admin/api/signup.json",
    headers: { "content-type": "multipart/form-data; boundary=x", authorization: `Bearer ${accessToken}` },
    payload: Buffer.from(`${parts.map((part) => `--x\r\n${part}\r\n`).join("")}--x--\r\n`, "latin1"),
  });

  expect([answer.statusCode, answer.json().account.org_name]).toEqual([201, "Quay"]);
});
