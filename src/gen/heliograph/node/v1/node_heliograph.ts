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
  "CvkGCiZoZWxpb2dyYXBoL2Rpc2NvdmVyeS92MS9yZWdpc3RyeS5wcm90bxIXaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEi3AMKDEFubm91bmNlbWVudBISCgRub2RlGAEgASgJUgRub2RlEhoKCGluc3RhbmNlGAIgASgJUghpbnN0YW5jZRIUCgVlcG9jaBgDIAEoBFIFZXBvY2gSGAoHdmVyc2lvbhgEIAEoBFIHdmVyc2lvbhIcCgllbmRwb2ludHMYBSADKAlSCWVuZHBvaW50cxJBCghzZXJ2aWNlcxgGIAMoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlNlcnZpY2VFbnRyeVIIc2VydmljZXMSSQoGbGFiZWxzGAcgAygLMjEuaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuQW5ub3VuY2VtZW50LkxhYmVsc0VudHJ5UgZsYWJlbHMSEgoEaG9zdBgIIAEoCVIEaG9zdBJACgljb25kaXRpb24YCSABKA4yIi5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Db25kaXRpb25SCWNvbmRpdGlvbhIQCgNraXQYCiABKAlSA2tpdBIdCgpwcm9jZXNzX2lkGAsgASgNUglwcm9jZXNzSWQaOQoLTGFiZWxzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASJDCgxTZXJ2aWNlRW50cnkSEgoEbmFtZRgBIAEoCVIEbmFtZRIfCgtzY2hlbWFfaGFzaBgCIAEoCVIKc2NoZW1hSGFzaCKcAQoETG9hZBIeCgtsb29wX2xhZ19tcxgBIAEoAVIJbG9vcExhZ01zEikKEGxvb3BfdXRpbGl6YXRpb24YAiABKAFSD2xvb3BVdGlsaXphdGlvbhImCg9jYWxsc19pbl9mbGlnaHQYAyABKA1SDWNhbGxzSW5GbGlnaHQSIQoMbWVtb3J5X2J5dGVzGAQgASgEUgttZW1vcnlCeXRlcyprCglDb25kaXRpb24SGQoVQ09ORElUSU9OX1VOU1BFQ0lGSUVEEAASFQoRQ09ORElUSU9OX1NFUlZJTkcQARIUChBDT05ESVRJT05fUEFVU0VEEAISFgoSQ09ORElUSU9OX0RSQUlOSU5HEANiBnByb3RvMwq6DgodaGVsaW9ncmFwaC9ub2RlL3YxL25vZGUucHJvdG8SEmhlbGlvZ3JhcGgubm9kZS52MRomaGVsaW9ncmFwaC9kaXNjb3ZlcnkvdjEvcmVnaXN0cnkucHJvdG8iDQoLUGluZ1JlcXVlc3QiJwoMUGluZ1Jlc3BvbnNlEhcKB3RpbWVfdXMYASABKARSBnRpbWVVcyINCgtJbmZvUmVxdWVzdCLOAgoMSW5mb1Jlc3BvbnNlEkkKDGFubm91bmNlbWVudBgBIAEoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkFubm91bmNlbWVudFIMYW5ub3VuY2VtZW50EjEKBGxvYWQYAiABKAsyHS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Mb2FkUgRsb2FkEhsKCXVwdGltZV9tcxgDIAEoBFIIdXB0aW1lTXMSQAoKcmVnaXN0cmllcxgEIAMoCzIgLmhlbGlvZ3JhcGgubm9kZS52MS5SZWdpc3RyeUxpbmtSCnJlZ2lzdHJpZXMSGgoIc2VjdXJpdHkYBSABKAlSCHNlY3VyaXR5EhgKB3J1bnRpbWUYBiABKAlSB3J1bnRpbWUSKwoRcHJvdG9jb2xfdmVyc2lvbnMYByADKA1SEHByb3RvY29sVmVyc2lvbnMiXgoMUmVnaXN0cnlMaW5rEhoKCGVuZHBvaW50GAEgASgJUghlbmRwb2ludBIcCgljb25uZWN0ZWQYAiABKAhSCWNvbm5lY3RlZBIUCgVlcnJvchgDIAEoCVIFZXJyb3IiJAoMU3RhdHNSZXF1ZXN0EhQKBXJlc2V0GAEgASgIUgVyZXNldCK0AQoNU3RhdHNSZXNwb25zZRIZCghzaW5jZV91cxgBIAEoBFIHc2luY2VVcxI5CgdtZXRob2RzGAIgAygLMh8uaGVsaW9ncmFwaC5ub2RlLnYxLk1ldGhvZFN0YXRzUgdtZXRob2RzEjEKBGxvYWQYAyABKAsyHS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Mb2FkUgRsb2FkEhoKCHNlc3Npb25zGAQgASgNUghzZXNzaW9ucyLdAgoLTWV0aG9kU3RhdHMSFgoGbWV0aG9kGAEgASgJUgZtZXRob2QSFAoFY2FsbHMYAiABKARSBWNhbGxzEhsKCWluX2ZsaWdodBgDIAEoDVIIaW5GbGlnaHQSQwoGZXJyb3JzGAQgAygLMisuaGVsaW9ncmFwaC5ub2RlLnYxLk1ldGhvZFN0YXRzLkVycm9yc0VudHJ5UgZlcnJvcnMSIwoNcmVxdWVzdF9ieXRlcxgFIAEoBFIMcmVxdWVzdEJ5dGVzEiUKDnJlc3BvbnNlX2J5dGVzGAYgASgEUg1yZXNwb25zZUJ5dGVzEjcKB2xhdGVuY3kYByABKAsyHS5oZWxpb2dyYXBoLm5vZGUudjEuSGlzdG9ncmFtUgdsYXRlbmN5GjkKC0Vycm9yc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgEUgV2YWx1ZToCOAEibgoJSGlzdG9ncmFtEhsKCWJvdW5kc191cxgBIAMoBFIIYm91bmRzVXMSFgoGY291bnRzGAIgAygEUgZjb3VudHMSFQoGc3VtX3VzGAMgASgEUgVzdW1VcxIVCgZtYXhfdXMYBCABKARSBW1heFVzIisKDVNjaGVtYVJlcXVlc3QSGgoIc2VydmljZXMYASADKAlSCHNlcnZpY2VzIk8KDlNjaGVtYVJlc3BvbnNlEj0KCHNlcnZpY2VzGAEgAygLMiEuaGVsaW9ncmFwaC5ub2RlLnYxLlNlcnZpY2VTY2hlbWFSCHNlcnZpY2VzIl4KDVNlcnZpY2VTY2hlbWESEgoEbmFtZRgBIAEoCVIEbmFtZRISCgRoYXNoGAIgASgJUgRoYXNoEiUKDmRlc2NyaXB0b3Jfc2V0GAMgASgMUg1kZXNjcmlwdG9yU2V0MtECCgtOb2RlU2VydmljZRJOCgRQaW5nEh8uaGVsaW9ncmFwaC5ub2RlLnYxLlBpbmdSZXF1ZXN0GiAuaGVsaW9ncmFwaC5ub2RlLnYxLlBpbmdSZXNwb25zZSIDkAIBEk4KBEluZm8SHy5oZWxpb2dyYXBoLm5vZGUudjEuSW5mb1JlcXVlc3QaIC5oZWxpb2dyYXBoLm5vZGUudjEuSW5mb1Jlc3BvbnNlIgOQAgESTAoFU3RhdHMSIC5oZWxpb2dyYXBoLm5vZGUudjEuU3RhdHNSZXF1ZXN0GiEuaGVsaW9ncmFwaC5ub2RlLnYxLlN0YXRzUmVzcG9uc2USVAoGU2NoZW1hEiEuaGVsaW9ncmFwaC5ub2RlLnYxLlNjaGVtYVJlcXVlc3QaIi5oZWxpb2dyYXBoLm5vZGUudjEuU2NoZW1hUmVzcG9uc2UiA5ACAWIGcHJvdG8z";
