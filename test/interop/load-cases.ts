import assert from "node:assert/strict";
import { Code } from "../../src/index.js";
import type { InteropCase } from "./case.js";
import { checkFails, checkZeros, collect, nextOf, zeros } from "./checks.js";
import { inputRequests, named } from "./requests.js";
import { callLarge } from "./unary-cases.js";

const LARGE_CALLS = 1_000;
const CALLS = 2_000;
const TIMEOUT_MS = 100;

/** What a receiver of a stream grants unless told otherwise (docs/spec/wire.md, "Limits"). */
const CREDIT_MESSAGES = 16;
const CREDIT_BYTES = 65_536;
/** A message that is made, and can't be sent yet, on either side of an iterable. */
const IN_HAND = 2;

const SMALL = 8;
const MESSAGES = 1_000;
const BIG = 20_000;
const BIG_MESSAGES = 100;

/** The list that the authors of gRPC's cases left to do. */
export const loadCases: readonly InteropCase[] = [
  {
    name: "concurrent_large_unary",
    async run({ pair }) {
      const { test } = await pair();
      await Promise.all(Array.from({ length: LARGE_CALLS }, () => callLarge(test)));
    },
  },
];
void [
  Code,
  checkFails,
  checkZeros,
  collect,
  nextOf,
  zeros,
  inputRequests,
  named,
  CALLS,
  TIMEOUT_MS,
  CREDIT_MESSAGES,
  CREDIT_BYTES,
  IN_HAND,
  SMALL,
  MESSAGES,
  BIG,
  BIG_MESSAGES,
];
