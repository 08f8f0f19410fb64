import { beforeAll, describe, expect, test } from "vitest";
import { compareSchemas } from "../../../src/wire/schema-compare.js";
import { schemaCases } from "./schema-cases.js";
import { bufBreaking, compileSet } from "./schema-images.js";

const files = (side: "client" | "server") =>
  Object.fromEntries(
    schemaCases.map((change, i) => {
      const beside = (side === "server" ? change.serverBeside : undefined) ?? change.beside ?? "";
      const lines = [
        'syntax = "proto3";',
        `package case${i}.v1;`,
        "service S { rpc R(M) returns (M); }",
        `message M { ${change[side]} }`,
        beside,
      ];
      return [`case${i}.proto`, lines.join("\n")];
    }),
  );

describe("compareSchemas", () => {
  let client: Uint8Array;
  let server: Uint8Array;
  let refused: ReadonlySet<string>;

  beforeAll(async () => {
    [client, server, refused] = await Promise.all([
      compileSet(files("client")),
      compileSet(files("server")),
      bufBreaking(files("client"), files("server"), "WIRE"),
    ]);
  });

  test.each(schemaCases.map((change, i) => ({ ...change, i })))("$name", ({ i, breaks, bufDiffers }) => {
    const found = compareSchemas(client, server, `case${i}.v1.S`);
    const directions = new Set(found.map(({ path }) => / (request|answer) /.exec(path)?.[1]));
    expect([...directions]).toEqual(breaks);
    expect(refused.has(`case${i}.proto`)).toBe(
      bufDiffers === undefined ? breaks.length > 0 : breaks.length === 0,
    );
  });
});
