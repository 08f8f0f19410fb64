// Generated from heliograph/discovery/v1/registry.proto by protoc-gen-heliograph; it is written anew each time.
/* eslint-disable */

import type { BidiStreamMethod, ServerStreamMethod, UnaryMethod } from "../../../../wire/definition.js";
import {
  ListRequest,
  ListResponse,
  RegisterRequest,
  RegisterResponse,
  WatchRequest,
  WatchResponse,
} from "./registry.js";

/** Keeps in memory who is there. A node registers with every registry that it knows. */
export const RegistryService = {
  /**
   * Makes a node known for as long as it goes on: the first request announces the node, later ones are heartbeats or
   * announce it anew. Half-close takes the node away; a stream that breaks makes it suspect at once. Each announcement
   * is answered once watchers were told of it.
   */
  register: {
    kind: "bidi-stream",
    service: "heliograph.discovery.v1.RegistryService",
    name: "Register",
    path: "heliograph.discovery.v1.RegistryService/Register",
    input: RegisterRequest,
    output: RegisterResponse,
    idempotency: "unknown",
    get schema(): string {
      return registryServiceSchema;
    },
  } as BidiStreamMethod<RegisterRequest, RegisterResponse>,

  /** Who is known now. */
  list: {
    kind: "unary",
    service: "heliograph.discovery.v1.RegistryService",
    name: "List",
    path: "heliograph.discovery.v1.RegistryService/List",
    input: ListRequest,
    output: ListResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return registryServiceSchema;
    },
  } as UnaryMethod<ListRequest, ListResponse>,

  /**
   * Follows who serves one service, or all nodes: first what is known, or what has changed since `revision`, then each
   * change.
   */
  watch: {
    kind: "server-stream",
    service: "heliograph.discovery.v1.RegistryService",
    name: "Watch",
    path: "heliograph.discovery.v1.RegistryService/Watch",
    input: WatchRequest,
    output: WatchResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return registryServiceSchema;
    },
  } as ServerStreamMethod<WatchRequest, WatchResponse>,

  $service: "heliograph.discovery.v1.RegistryService",
  get $schema(): string {
    return registryServiceSchema;
  },
} as const;

export type RegistryService = typeof RegistryService;

// A google.protobuf.FileDescriptorSet of RegistryService and the messages it uses.
const registryServiceSchema =
  "Co4TCiZoZWxpb2dyYXBoL2Rpc2NvdmVyeS92MS9yZWdpc3RyeS5wcm90bxIXaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEi3AMKDEFubm91bmNlbWVudBISCgRub2RlGAEgASgJUgRub2RlEhoKCGluc3RhbmNlGAIgASgJUghpbnN0YW5jZRIUCgVlcG9jaBgDIAEoBFIFZXBvY2gSGAoHdmVyc2lvbhgEIAEoBFIHdmVyc2lvbhIcCgllbmRwb2ludHMYBSADKAlSCWVuZHBvaW50cxJBCghzZXJ2aWNlcxgGIAMoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlNlcnZpY2VFbnRyeVIIc2VydmljZXMSSQoGbGFiZWxzGAcgAygLMjEuaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuQW5ub3VuY2VtZW50LkxhYmVsc0VudHJ5UgZsYWJlbHMSEgoEaG9zdBgIIAEoCVIEaG9zdBJACgljb25kaXRpb24YCSABKA4yIi5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Db25kaXRpb25SCWNvbmRpdGlvbhIQCgNraXQYCiABKAlSA2tpdBIdCgpwcm9jZXNzX2lkGAsgASgNUglwcm9jZXNzSWQaOQoLTGFiZWxzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASJDCgxTZXJ2aWNlRW50cnkSEgoEbmFtZRgBIAEoCVIEbmFtZRIfCgtzY2hlbWFfaGFzaBgCIAEoCVIKc2NoZW1hSGFzaCKcAQoETG9hZBIeCgtsb29wX2xhZ19tcxgBIAEoAVIJbG9vcExhZ01zEikKEGxvb3BfdXRpbGl6YXRpb24YAiABKAFSD2xvb3BVdGlsaXphdGlvbhImCg9jYWxsc19pbl9mbGlnaHQYAyABKA1SDWNhbGxzSW5GbGlnaHQSIQoMbWVtb3J5X2J5dGVzGAQgASgEUgttZW1vcnlCeXRlcyKlAQoPUmVnaXN0ZXJSZXF1ZXN0EksKDGFubm91bmNlbWVudBgBIAEoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkFubm91bmNlbWVudEgAUgxhbm5vdW5jZW1lbnQSPQoJaGVhcnRiZWF0GAIgASgLMh0uaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuTG9hZEgAUgloZWFydGJlYXRCBgoEc2FpZCKSAQoQUmVnaXN0ZXJSZXNwb25zZRIYCgd2ZXJzaW9uGAEgASgEUgd2ZXJzaW9uEiEKDGhlYXJ0YmVhdF9tcxgCIAEoDVILaGVhcnRiZWF0TXMSQQoIcmVnaXN0cnkYAyABKAsyJS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5SZWdpc3RyeUluZm9SCHJlZ2lzdHJ5IngKDFJlZ2lzdHJ5SW5mbxIaCghpbnN0YW5jZRgBIAEoCVIIaW5zdGFuY2USFAoFZXBvY2gYAiABKARSBWVwb2NoEhoKCHJldmlzaW9uGAMgASgEUghyZXZpc2lvbhIaCghjb21wbGV0ZRgEIAEoCFIIY29tcGxldGUi4AEKCEluc3RhbmNlEkkKDGFubm91bmNlbWVudBgBIAEoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkFubm91bmNlbWVudFIMYW5ub3VuY2VtZW50EjQKBXN0YXRlGAIgASgOMh4uaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuU3RhdGVSBXN0YXRlEjEKBGxvYWQYAyABKAsyHS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Mb2FkUgRsb2FkEiAKDGhlYXJkX21zX2FnbxgEIAEoDVIKaGVhcmRNc0FnbyInCgtMaXN0UmVxdWVzdBIYCgdzZXJ2aWNlGAEgASgJUgdzZXJ2aWNlIpIBCgxMaXN0UmVzcG9uc2USQQoIcmVnaXN0cnkYASABKAsyJS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5SZWdpc3RyeUluZm9SCHJlZ2lzdHJ5Ej8KCWluc3RhbmNlcxgCIAMoCzIhLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkluc3RhbmNlUglpbnN0YW5jZXMiWgoMV2F0Y2hSZXF1ZXN0EhgKB3NlcnZpY2UYASABKAlSB3NlcnZpY2USFAoFZXBvY2gYAiABKARSBWVwb2NoEhoKCHJldmlzaW9uGAMgASgEUghyZXZpc2lvbiLFAQoNV2F0Y2hSZXNwb25zZRJBCghyZWdpc3RyeRgBIAEoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlJlZ2lzdHJ5SW5mb1IIcmVnaXN0cnkSGgoIc25hcHNob3QYAiABKAhSCHNuYXBzaG90EjsKB2NoYW5nZWQYAyADKAsyIS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5JbnN0YW5jZVIHY2hhbmdlZBIYCgdyZW1vdmVkGAQgAygJUgdyZW1vdmVkKmsKCUNvbmRpdGlvbhIZChVDT05ESVRJT05fVU5TUEVDSUZJRUQQABIVChFDT05ESVRJT05fU0VSVklORxABEhQKEENPTkRJVElPTl9QQVVTRUQQAhIWChJDT05ESVRJT05fRFJBSU5JTkcQAyplCgVTdGF0ZRIVChFTVEFURV9VTlNQRUNJRklFRBAAEg8KC1NUQVRFX0FMSVZFEAESEQoNU1RBVEVfU1RBTExFRBACEhEKDVNUQVRFX1NVU1BFQ1QQAxIOCgpTVEFURV9ERUFEEAQyrwIKD1JlZ2lzdHJ5U2VydmljZRJjCghSZWdpc3RlchIoLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlJlZ2lzdGVyUmVxdWVzdBopLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlJlZ2lzdGVyUmVzcG9uc2UoATABElgKBExpc3QSJC5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5MaXN0UmVxdWVzdBolLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkxpc3RSZXNwb25zZSIDkAIBEl0KBVdhdGNoEiUuaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuV2F0Y2hSZXF1ZXN0GiYuaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuV2F0Y2hSZXNwb25zZSIDkAIBMAFiBnByb3RvMw==";
