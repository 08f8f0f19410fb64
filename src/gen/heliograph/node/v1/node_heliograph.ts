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
  "CvkGCiZoZWxpb2dyYXBoL2Rpc2NvdmVyeS92MS9yZWdpc3RyeS5wcm90bxIXaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEi3AMKDEFubm91bmNlbWVudBISCgRub2RlGAEgASgJUgRub2RlEhoKCGluc3RhbmNlGAIgASgJUghpbnN0YW5jZRIUCgVlcG9jaBgDIAEoBFIFZXBvY2gSGAoHdmVyc2lvbhgEIAEoBFIHdmVyc2lvbhIcCgllbmRwb2ludHMYBSADKAlSCWVuZHBvaW50cxJBCghzZXJ2aWNlcxgGIAMoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlNlcnZpY2VFbnRyeVIIc2VydmljZXMSSQoGbGFiZWxzGAcgAygLMjEuaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuQW5ub3VuY2VtZW50LkxhYmVsc0VudHJ5UgZsYWJlbHMSEgoEaG9zdBgIIAEoCVIEaG9zdBJACgljb25kaXRpb24YCSABKA4yIi5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Db25kaXRpb25SCWNvbmRpdGlvbhIQCgNraXQYCiABKAlSA2tpdBIdCgpwcm9jZXNzX2lkGAsgASgNUglwcm9jZXNzSWQaOQoLTGFiZWxzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASJDCgxTZXJ2aWNlRW50cnkSEgoEbmFtZRgBIAEoCVIEbmFtZRIfCgtzY2hlbWFfaGFzaBgCIAEoCVIKc2NoZW1hSGFzaCKcAQoETG9hZBIeCgtsb29wX2xhZ19tcxgBIAEoAVIJbG9vcExhZ01zEikKEGxvb3BfdXRpbGl6YXRpb24YAiABKAFSD2xvb3BVdGlsaXphdGlvbhImCg9jYWxsc19pbl9mbGlnaHQYAyABKA1SDWNhbGxzSW5GbGlnaHQSIQoMbWVtb3J5X2J5dGVzGAQgASgEUgttZW1vcnlCeXRlcyprCglDb25kaXRpb24SGQoVQ09ORElUSU9OX1VOU1BFQ0lGSUVEEAASFQoRQ09ORElUSU9OX1NFUlZJTkcQARIUChBDT05ESVRJT05fUEFVU0VEEAISFgoSQ09ORElUSU9OX0RSQUlOSU5HEANiBnByb3RvMwqwDgodaGVsaW9ncmFwaC9ub2RlL3YxL25vZGUucHJvdG8SEmhlbGlvZ3JhcGgubm9kZS52MRomaGVsaW9ncmFwaC9kaXNjb3ZlcnkvdjEvcmVnaXN0cnkucHJvdG8iDQoLUGluZ1JlcXVlc3QiJwoMUGluZ1Jlc3BvbnNlEhcKB3RpbWVfdXMYASABKARSBnRpbWVVcyINCgtJbmZvUmVxdWVzdCLMAgoMSW5mb1Jlc3BvbnNlEkkKDGFubm91bmNlbWVudBgBIAEoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkFubm91bmNlbWVudFIMYW5ub3VuY2VtZW50EjEKBGxvYWQYAiABKAsyHS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Mb2FkUgRsb2FkEhsKCXVwdGltZV9tcxgDIAEoBFIIdXB0aW1lTXMSPgoJcmVzb2x2ZXJzGAQgAygLMiAuaGVsaW9ncmFwaC5ub2RlLnYxLlJlc29sdmVyTGlua1IJcmVzb2x2ZXJzEhoKCHNlY3VyaXR5GAUgASgJUghzZWN1cml0eRIYCgdydW50aW1lGAYgASgJUgdydW50aW1lEisKEXByb3RvY29sX3ZlcnNpb25zGAcgAygNUhBwcm90b2NvbFZlcnNpb25zIlYKDFJlc29sdmVyTGluaxISCgRuYW1lGAEgASgJUgRuYW1lEhwKCWNvbm5lY3RlZBgCIAEoCFIJY29ubmVjdGVkEhQKBWVycm9yGAMgASgJUgVlcnJvciIkCgxTdGF0c1JlcXVlc3QSFAoFcmVzZXQYASABKAhSBXJlc2V0IrQBCg1TdGF0c1Jlc3BvbnNlEhkKCHNpbmNlX3VzGAEgASgEUgdzaW5jZVVzEjkKB21ldGhvZHMYAiADKAsyHy5oZWxpb2dyYXBoLm5vZGUudjEuTWV0aG9kU3RhdHNSB21ldGhvZHMSMQoEbG9hZBgDIAEoCzIdLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkxvYWRSBGxvYWQSGgoIc2Vzc2lvbnMYBCABKA1SCHNlc3Npb25zIt0CCgtNZXRob2RTdGF0cxIWCgZtZXRob2QYASABKAlSBm1ldGhvZBIUCgVjYWxscxgCIAEoBFIFY2FsbHMSGwoJaW5fZmxpZ2h0GAMgASgNUghpbkZsaWdodBJDCgZlcnJvcnMYBCADKAsyKy5oZWxpb2dyYXBoLm5vZGUudjEuTWV0aG9kU3RhdHMuRXJyb3JzRW50cnlSBmVycm9ycxIjCg1yZXF1ZXN0X2J5dGVzGAUgASgEUgxyZXF1ZXN0Qnl0ZXMSJQoOcmVzcG9uc2VfYnl0ZXMYBiABKARSDXJlc3BvbnNlQnl0ZXMSNwoHbGF0ZW5jeRgHIAEoCzIdLmhlbGlvZ3JhcGgubm9kZS52MS5IaXN0b2dyYW1SB2xhdGVuY3kaOQoLRXJyb3JzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKARSBXZhbHVlOgI4ASJuCglIaXN0b2dyYW0SGwoJYm91bmRzX3VzGAEgAygEUghib3VuZHNVcxIWCgZjb3VudHMYAiADKARSBmNvdW50cxIVCgZzdW1fdXMYAyABKARSBXN1bVVzEhUKBm1heF91cxgEIAEoBFIFbWF4VXMiKwoNU2NoZW1hUmVxdWVzdBIaCghzZXJ2aWNlcxgBIAMoCVIIc2VydmljZXMiTwoOU2NoZW1hUmVzcG9uc2USPQoIc2VydmljZXMYASADKAsyIS5oZWxpb2dyYXBoLm5vZGUudjEuU2VydmljZVNjaGVtYVIIc2VydmljZXMiXgoNU2VydmljZVNjaGVtYRISCgRuYW1lGAEgASgJUgRuYW1lEhIKBGhhc2gYAiABKAlSBGhhc2gSJQoOZGVzY3JpcHRvcl9zZXQYAyABKAxSDWRlc2NyaXB0b3JTZXQy0QIKC05vZGVTZXJ2aWNlEk4KBFBpbmcSHy5oZWxpb2dyYXBoLm5vZGUudjEuUGluZ1JlcXVlc3QaIC5oZWxpb2dyYXBoLm5vZGUudjEuUGluZ1Jlc3BvbnNlIgOQAgESTgoESW5mbxIfLmhlbGlvZ3JhcGgubm9kZS52MS5JbmZvUmVxdWVzdBogLmhlbGlvZ3JhcGgubm9kZS52MS5JbmZvUmVzcG9uc2UiA5ACARJMCgVTdGF0cxIgLmhlbGlvZ3JhcGgubm9kZS52MS5TdGF0c1JlcXVlc3QaIS5oZWxpb2dyYXBoLm5vZGUudjEuU3RhdHNSZXNwb25zZRJUCgZTY2hlbWESIS5oZWxpb2dyYXBoLm5vZGUudjEuU2NoZW1hUmVxdWVzdBoiLmhlbGlvZ3JhcGgubm9kZS52MS5TY2hlbWFSZXNwb25zZSIDkAIBYgZwcm90bzM=";
