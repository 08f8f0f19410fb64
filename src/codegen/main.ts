#!/usr/bin/env node
import { buffer } from "node:stream/consumers";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { generate } from "./plugin.js";

if (process.stdin.isTTY) {
  process.stderr.write("protoc-gen-heliograph is a plugin of buf and protoc; run `helio generate`\n");
  process.exitCode = 2;
} else {
  const request = fromBinary(CodeGeneratorRequestSchema, await buffer(process.stdin));
  process.stdout.write(toBinary(CodeGeneratorResponseSchema, generate(request)));
}
