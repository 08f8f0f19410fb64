// Generated from heliograph/node/v1/node.proto by protoc-gen-heliograph; it is written anew each time.
/* eslint-disable */

import type { UnaryMethod } from "../../../../wire/definition.js";
import {
  InfoRequest,
  InfoResponse,
  PingRequest,
  PingResponse,
  SchemaRequest,
  SchemaResponse,
  StatsRequest,
  StatsResponse,
} from "./node.js";

export const NodeService = {
  /** Answers at once, with the time of the node's clock. */
  ping: {
    kind: "unary",
    service: "heliograph.node.v1.NodeService",
    name: "Ping",
    path: "heliograph.node.v1.NodeService/Ping",
    input: PingRequest,
    output: PingResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return nodeServiceSchema;
    },
  } as UnaryMethod<PingRequest, PingResponse>,

  info: {
    kind: "unary",
    service: "heliograph.node.v1.NodeService",
    name: "Info",
    path: "heliograph.node.v1.NodeService/Info",
    input: InfoRequest,
    output: InfoResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return nodeServiceSchema;
    },
  } as UnaryMethod<InfoRequest, InfoResponse>,

  /** What the node has done since it began, or since the statistics were reset. */
  stats: {
    kind: "unary",
    service: "heliograph.node.v1.NodeService",
    name: "Stats",
    path: "heliograph.node.v1.NodeService/Stats",
    input: StatsRequest,
    output: StatsResponse,
    idempotency: "unknown",
    get schema(): string {
      return nodeServiceSchema;
    },
  } as UnaryMethod<StatsRequest, StatsResponse>,

  /** The descriptors of what it serves. */
  schema: {
    kind: "unary",
    service: "heliograph.node.v1.NodeService",
    name: "Schema",
    path: "heliograph.node.v1.NodeService/Schema",
    input: SchemaRequest,
    output: SchemaResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return nodeServiceSchema;
    },
  } as UnaryMethod<SchemaRequest, SchemaResponse>,

  $service: "heliograph.node.v1.NodeService",
  get $schema(): string {
    return nodeServiceSchema;
  },
} as const;

export type NodeService = typeof NodeService;

// A google.protobuf.FileDescriptorSet of NodeService and the messages it uses.
const nodeServiceSchema =
  "CvkGCiZoZWxpb2dyYXBoL2Rpc2NvdmVyeS92MS9yZWdpc3RyeS5wcm90bxIXaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEi3AMKDEFubm91bmNlbWVudBISCgRub2RlGAEgASgJUgRub2RlEhoKCGluc3RhbmNlGAIgASgJUghpbnN0YW5jZRIUCgVlcG9jaBgDIAEoBFIFZXBvY2gSGAoHdmVyc2lvbhgEIAEoBFIHdmVyc2lvbhIcCgllbmRwb2ludHMYBSADKAlSCWVuZHBvaW50cxJBCghzZXJ2aWNlcxgGIAMoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlNlcnZpY2VFbnRyeVIIc2VydmljZXMSSQoGbGFiZWxzGAcgAygLMjEuaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuQW5ub3VuY2VtZW50LkxhYmVsc0VudHJ5UgZsYWJlbHMSEgoEaG9zdBgIIAEoCVIEaG9zdBJACgljb25kaXRpb24YCSABKA4yIi5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Db25kaXRpb25SCWNvbmRpdGlvbhIQCgNraXQYCiABKAlSA2tpdBIdCgpwcm9jZXNzX2lkGAsgASgNUglwcm9jZXNzSWQaOQoLTGFiZWxzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASJDCgxTZXJ2aWNlRW50cnkSEgoEbmFtZRgBIAEoCVIEbmFtZRIfCgtzY2hlbWFfaGFzaBgCIAEoCVIKc2NoZW1hSGFzaCKcAQoETG9hZBIeCgtsb29wX2xhZ19tcxgBIAEoAVIJbG9vcExhZ01zEikKEGxvb3BfdXRpbGl6YXRpb24YAiABKAFSD2xvb3BVdGlsaXphdGlvbhImCg9jYWxsc19pbl9mbGlnaHQYAyABKA1SDWNhbGxzSW5GbGlnaHQSIQoMbWVtb3J5X2J5dGVzGAQgASgEUgttZW1vcnlCeXRlcyprCglDb25kaXRpb24SGQoVQ09ORElUSU9OX1VOU1BFQ0lGSUVEEAASFQoRQ09ORElUSU9OX1NFUlZJTkcQARIUChBDT05ESVRJT05fUEFVU0VEEAISFgoSQ09ORElUSU9OX0RSQUlOSU5HEANiBnByb3RvMwrKDgodaGVsaW9ncmFwaC9ub2RlL3YxL25vZGUucHJvdG8SEmhlbGlvZ3JhcGgubm9kZS52MRomaGVsaW9ncmFwaC9kaXNjb3ZlcnkvdjEvcmVnaXN0cnkucHJvdG8iDQoLUGluZ1JlcXVlc3QiJwoMUGluZ1Jlc3BvbnNlEhcKB3RpbWVfdXMYASABKARSBnRpbWVVcyINCgtJbmZvUmVxdWVzdCLMAgoMSW5mb1Jlc3BvbnNlEkkKDGFubm91bmNlbWVudBgBIAEoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkFubm91bmNlbWVudFIMYW5ub3VuY2VtZW50EjEKBGxvYWQYAiABKAsyHS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Mb2FkUgRsb2FkEhsKCXVwdGltZV9tcxgDIAEoBFIIdXB0aW1lTXMSPgoJcmVzb2x2ZXJzGAQgAygLMiAuaGVsaW9ncmFwaC5ub2RlLnYxLlJlc29sdmVyTGlua1IJcmVzb2x2ZXJzEhoKCHNlY3VyaXR5GAUgASgJUghzZWN1cml0eRIYCgdydW50aW1lGAYgASgJUgdydW50aW1lEisKEXByb3RvY29sX3ZlcnNpb25zGAcgAygNUhBwcm90b2NvbFZlcnNpb25zInAKDFJlc29sdmVyTGluaxISCgRuYW1lGAEgASgJUgRuYW1lEhwKCWNvbm5lY3RlZBgCIAEoCFIJY29ubmVjdGVkEhQKBWVycm9yGAMgASgJUgVlcnJvchIYCgdzZXJ2aW5nGAQgASgIUgdzZXJ2aW5nIiQKDFN0YXRzUmVxdWVzdBIUCgVyZXNldBgBIAEoCFIFcmVzZXQitAEKDVN0YXRzUmVzcG9uc2USGQoIc2luY2VfdXMYASABKARSB3NpbmNlVXMSOQoHbWV0aG9kcxgCIAMoCzIfLmhlbGlvZ3JhcGgubm9kZS52MS5NZXRob2RTdGF0c1IHbWV0aG9kcxIxCgRsb2FkGAMgASgLMh0uaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuTG9hZFIEbG9hZBIaCghzZXNzaW9ucxgEIAEoDVIIc2Vzc2lvbnMi3QIKC01ldGhvZFN0YXRzEhYKBm1ldGhvZBgBIAEoCVIGbWV0aG9kEhQKBWNhbGxzGAIgASgEUgVjYWxscxIbCglpbl9mbGlnaHQYAyABKA1SCGluRmxpZ2h0EkMKBmVycm9ycxgEIAMoCzIrLmhlbGlvZ3JhcGgubm9kZS52MS5NZXRob2RTdGF0cy5FcnJvcnNFbnRyeVIGZXJyb3JzEiMKDXJlcXVlc3RfYnl0ZXMYBSABKARSDHJlcXVlc3RCeXRlcxIlCg5yZXNwb25zZV9ieXRlcxgGIAEoBFINcmVzcG9uc2VCeXRlcxI3CgdsYXRlbmN5GAcgASgLMh0uaGVsaW9ncmFwaC5ub2RlLnYxLkhpc3RvZ3JhbVIHbGF0ZW5jeRo5CgtFcnJvcnNFbnRyeRIQCgNrZXkYASABKAlSA2tleRIUCgV2YWx1ZRgCIAEoBFIFdmFsdWU6AjgBIm4KCUhpc3RvZ3JhbRIbCglib3VuZHNfdXMYASADKARSCGJvdW5kc1VzEhYKBmNvdW50cxgCIAMoBFIGY291bnRzEhUKBnN1bV91cxgDIAEoBFIFc3VtVXMSFQoGbWF4X3VzGAQgASgEUgVtYXhVcyIrCg1TY2hlbWFSZXF1ZXN0EhoKCHNlcnZpY2VzGAEgAygJUghzZXJ2aWNlcyJPCg5TY2hlbWFSZXNwb25zZRI9CghzZXJ2aWNlcxgBIAMoCzIhLmhlbGlvZ3JhcGgubm9kZS52MS5TZXJ2aWNlU2NoZW1hUghzZXJ2aWNlcyJeCg1TZXJ2aWNlU2NoZW1hEhIKBG5hbWUYASABKAlSBG5hbWUSEgoEaGFzaBgCIAEoCVIEaGFzaBIlCg5kZXNjcmlwdG9yX3NldBgDIAEoDFINZGVzY3JpcHRvclNldDLRAgoLTm9kZVNlcnZpY2USTgoEUGluZxIfLmhlbGlvZ3JhcGgubm9kZS52MS5QaW5nUmVxdWVzdBogLmhlbGlvZ3JhcGgubm9kZS52MS5QaW5nUmVzcG9uc2UiA5ACARJOCgRJbmZvEh8uaGVsaW9ncmFwaC5ub2RlLnYxLkluZm9SZXF1ZXN0GiAuaGVsaW9ncmFwaC5ub2RlLnYxLkluZm9SZXNwb25zZSIDkAIBEkwKBVN0YXRzEiAuaGVsaW9ncmFwaC5ub2RlLnYxLlN0YXRzUmVxdWVzdBohLmhlbGlvZ3JhcGgubm9kZS52MS5TdGF0c1Jlc3BvbnNlElQKBlNjaGVtYRIhLmhlbGlvZ3JhcGgubm9kZS52MS5TY2hlbWFSZXF1ZXN0GiIuaGVsaW9ncmFwaC5ub2RlLnYxLlNjaGVtYVJlc3BvbnNlIgOQAgFiBnByb3RvMw==";
