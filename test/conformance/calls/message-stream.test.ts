import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { ClientCase } from "../../gen/heliograph/conformance/v1/runner.js";
import { framed, messagesOf, NotAMessage } from "./message-stream.js";

const names = ["first", "", "third".repeat(100)];
const bytes = Buffer.concat(names.map((name) => framed(ClientCase, ClientCase.create({ name }))));

async function* inPieces(whole: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

async function read(whole: Buffer, size: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of messagesOf(ClientCase, inPieces(whole, size))) found.push(name);
  return found;
}

test("a message is its length in four bytes, big-endian, and its bytes", () => {
  expect([...framed(ClientCase, ClientCase.create({ name: "a" }))]).toEqual([0, 0, 0, 3, 10, 1, 97]);
});

test.each([1, 2, 3, 7, 100, bytes.length])("messages are read from pieces of %d bytes", async (size) => {
  expect(await read(bytes, size)).toEqual(names);
});

test("a stream that ends within a message is refused", async () => {
  for (const cut of [1, 3, 5]) await expect(read(bytes.subarray(0, cut), 100)).rejects.toThrow(NotAMessage);
});

test("what is no message is refused, and shown", async () => {
  await expect(read(Buffer.from("Server listening"), 100)).rejects.toThrow('"Server listening"');
  await expect(read(Buffer.from([0, 0, 0, 1, 0x0a]), 100)).rejects.toThrow(NotAMessage);
});
