// Generated from heliograph/health/v1/health.proto by protoc-gen-heliograph; it is written anew each time.
/* eslint-disable */

import type { ServerStreamMethod, UnaryMethod } from "../../../../wire/definition.js";
import {
  CheckRequest,
  CheckResponse,
  ListRequest,
  ListResponse,
  WatchRequest,
  WatchResponse,
} from "./health.js";

export const HealthService = {
  /** NOT_FOUND for a service that is not served. */
  check: {
    kind: "unary",
    service: "heliograph.health.v1.HealthService",
    name: "Check",
    path: "heliograph.health.v1.HealthService/Check",
    input: CheckRequest,
    output: CheckResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return healthServiceSchema;
    },
  } as UnaryMethod<CheckRequest, CheckResponse>,

  /** The status now, and each time that it changes. A service that is not served is SERVICE_UNKNOWN until it is. */
  watch: {
    kind: "server-stream",
    service: "heliograph.health.v1.HealthService",
    name: "Watch",
    path: "heliograph.health.v1.HealthService/Watch",
    input: WatchRequest,
    output: WatchResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return healthServiceSchema;
    },
  } as ServerStreamMethod<WatchRequest, WatchResponse>,

  list: {
    kind: "unary",
    service: "heliograph.health.v1.HealthService",
    name: "List",
    path: "heliograph.health.v1.HealthService/List",
    input: ListRequest,
    output: ListResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return healthServiceSchema;
    },
  } as UnaryMethod<ListRequest, ListResponse>,

  $service: "heliograph.health.v1.HealthService",
  get $schema(): string {
    return healthServiceSchema;
  },
} as const;

export type HealthService = typeof HealthService;

// A google.protobuf.FileDescriptorSet of HealthService and the messages it uses.
const healthServiceSchema =
  "CpwHCiFoZWxpb2dyYXBoL2hlYWx0aC92MS9oZWFsdGgucHJvdG8SFGhlbGlvZ3JhcGguaGVhbHRoLnYxIigKDENoZWNrUmVxdWVzdBIYCgdzZXJ2aWNlGAEgASgJUgdzZXJ2aWNlIl0KDUNoZWNrUmVzcG9uc2USNAoGc3RhdHVzGAEgASgOMhwuaGVsaW9ncmFwaC5oZWFsdGgudjEuU3RhdHVzUgZzdGF0dXMSFgoGcmVhc29uGAIgASgJUgZyZWFzb24iKAoMV2F0Y2hSZXF1ZXN0EhgKB3NlcnZpY2UYASABKAlSB3NlcnZpY2UiXQoNV2F0Y2hSZXNwb25zZRI0CgZzdGF0dXMYASABKA4yHC5oZWxpb2dyYXBoLmhlYWx0aC52MS5TdGF0dXNSBnN0YXR1cxIWCgZyZWFzb24YAiABKAlSBnJlYXNvbiINCgtMaXN0UmVxdWVzdCK3AQoMTGlzdFJlc3BvbnNlEkwKCHN0YXR1c2VzGAEgAygLMjAuaGVsaW9ncmFwaC5oZWFsdGgudjEuTGlzdFJlc3BvbnNlLlN0YXR1c2VzRW50cnlSCHN0YXR1c2VzGlkKDVN0YXR1c2VzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSMgoFdmFsdWUYAiABKA4yHC5oZWxpb2dyYXBoLmhlYWx0aC52MS5TdGF0dXNSBXZhbHVlOgI4ASpoCgZTdGF0dXMSFgoSU1RBVFVTX1VOU1BFQ0lGSUVEEAASEgoOU1RBVFVTX1NFUlZJTkcQARIWChJTVEFUVVNfTk9UX1NFUlZJTkcQAhIaChZTVEFUVVNfU0VSVklDRV9VTktOT1dOEAMykwIKDUhlYWx0aFNlcnZpY2USVQoFQ2hlY2sSIi5oZWxpb2dyYXBoLmhlYWx0aC52MS5DaGVja1JlcXVlc3QaIy5oZWxpb2dyYXBoLmhlYWx0aC52MS5DaGVja1Jlc3BvbnNlIgOQAgESVwoFV2F0Y2gSIi5oZWxpb2dyYXBoLmhlYWx0aC52MS5XYXRjaFJlcXVlc3QaIy5oZWxpb2dyYXBoLmhlYWx0aC52MS5XYXRjaFJlc3BvbnNlIgOQAgEwARJSCgRMaXN0EiEuaGVsaW9ncmFwaC5oZWFsdGgudjEuTGlzdFJlcXVlc3QaIi5oZWxpb2dyYXBoLmhlYWx0aC52MS5MaXN0UmVzcG9uc2UiA5ACAWIGcHJvdG8z";
