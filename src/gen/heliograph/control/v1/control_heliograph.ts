// Generated from heliograph/control/v1/control.proto by protoc-gen-heliograph; it is written anew each time.
/* eslint-disable */

import type { UnaryMethod } from "../../../../wire/definition.js";
import {
  DescribeRequest,
  DescribeResponse,
  DrainRequest,
  DrainResponse,
  PauseRequest,
  PauseResponse,
  ResumeRequest,
  ResumeResponse,
  SetLogLevelRequest,
  SetLogLevelResponse,
  ShutdownRequest,
  ShutdownResponse,
} from "./control.js";

export const ControlService = {
  describe: {
    kind: "unary",
    service: "heliograph.control.v1.ControlService",
    name: "Describe",
    path: "heliograph.control.v1.ControlService/Describe",
    input: DescribeRequest,
    output: DescribeResponse,
    idempotency: "no-side-effects",
    get schema(): string {
      return controlServiceSchema;
    },
  } as UnaryMethod<DescribeRequest, DescribeResponse>,

  /** Refuses new calls until the node is resumed. Calls in flight go on, and so do health, statistics and control. */
  pause: {
    kind: "unary",
    service: "heliograph.control.v1.ControlService",
    name: "Pause",
    path: "heliograph.control.v1.ControlService/Pause",
    input: PauseRequest,
    output: PauseResponse,
    idempotency: "idempotent",
    get schema(): string {
      return controlServiceSchema;
    },
  } as UnaryMethod<PauseRequest, PauseResponse>,

  resume: {
    kind: "unary",
    service: "heliograph.control.v1.ControlService",
    name: "Resume",
    path: "heliograph.control.v1.ControlService/Resume",
    input: ResumeRequest,
    output: ResumeResponse,
    idempotency: "idempotent",
    get schema(): string {
      return controlServiceSchema;
    },
  } as UnaryMethod<ResumeRequest, ResumeResponse>,

  /**
   * Announces that the node drains, starts nothing new, and answers when what runs has ended or the grace is over. The
   * node stays, so that it can be looked at, and stopped or resumed.
   */
  drain: {
    kind: "unary",
    service: "heliograph.control.v1.ControlService",
    name: "Drain",
    path: "heliograph.control.v1.ControlService/Drain",
    input: DrainRequest,
    output: DrainResponse,
    idempotency: "idempotent",
    get schema(): string {
      return controlServiceSchema;
    },
  } as UnaryMethod<DrainRequest, DrainResponse>,

  /** Answers, then drains and closes the node; a program that waits in `runNode` ends. */
  shutdown: {
    kind: "unary",
    service: "heliograph.control.v1.ControlService",
    name: "Shutdown",
    path: "heliograph.control.v1.ControlService/Shutdown",
    input: ShutdownRequest,
    output: ShutdownResponse,
    idempotency: "idempotent",
    get schema(): string {
      return controlServiceSchema;
    },
  } as UnaryMethod<ShutdownRequest, ShutdownResponse>,

  setLogLevel: {
    kind: "unary",
    service: "heliograph.control.v1.ControlService",
    name: "SetLogLevel",
    path: "heliograph.control.v1.ControlService/SetLogLevel",
    input: SetLogLevelRequest,
    output: SetLogLevelResponse,
    idempotency: "idempotent",
    get schema(): string {
      return controlServiceSchema;
    },
  } as UnaryMethod<SetLogLevelRequest, SetLogLevelResponse>,

  $service: "heliograph.control.v1.ControlService",
  get $schema(): string {
    return controlServiceSchema;
  },
} as const;

export type ControlService = typeof ControlService;

// A google.protobuf.FileDescriptorSet of ControlService and the messages it uses.
const controlServiceSchema =
  "CvkGCiZoZWxpb2dyYXBoL2Rpc2NvdmVyeS92MS9yZWdpc3RyeS5wcm90bxIXaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEi3AMKDEFubm91bmNlbWVudBISCgRub2RlGAEgASgJUgRub2RlEhoKCGluc3RhbmNlGAIgASgJUghpbnN0YW5jZRIUCgVlcG9jaBgDIAEoBFIFZXBvY2gSGAoHdmVyc2lvbhgEIAEoBFIHdmVyc2lvbhIcCgllbmRwb2ludHMYBSADKAlSCWVuZHBvaW50cxJBCghzZXJ2aWNlcxgGIAMoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLlNlcnZpY2VFbnRyeVIIc2VydmljZXMSSQoGbGFiZWxzGAcgAygLMjEuaGVsaW9ncmFwaC5kaXNjb3ZlcnkudjEuQW5ub3VuY2VtZW50LkxhYmVsc0VudHJ5UgZsYWJlbHMSEgoEaG9zdBgIIAEoCVIEaG9zdBJACgljb25kaXRpb24YCSABKA4yIi5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Db25kaXRpb25SCWNvbmRpdGlvbhIQCgNraXQYCiABKAlSA2tpdBIdCgpwcm9jZXNzX2lkGAsgASgNUglwcm9jZXNzSWQaOQoLTGFiZWxzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASJDCgxTZXJ2aWNlRW50cnkSEgoEbmFtZRgBIAEoCVIEbmFtZRIfCgtzY2hlbWFfaGFzaBgCIAEoCVIKc2NoZW1hSGFzaCKcAQoETG9hZBIeCgtsb29wX2xhZ19tcxgBIAEoAVIJbG9vcExhZ01zEikKEGxvb3BfdXRpbGl6YXRpb24YAiABKAFSD2xvb3BVdGlsaXphdGlvbhImCg9jYWxsc19pbl9mbGlnaHQYAyABKA1SDWNhbGxzSW5GbGlnaHQSIQoMbWVtb3J5X2J5dGVzGAQgASgEUgttZW1vcnlCeXRlcyprCglDb25kaXRpb24SGQoVQ09ORElUSU9OX1VOU1BFQ0lGSUVEEAASFQoRQ09ORElUSU9OX1NFUlZJTkcQARIUChBDT05ESVRJT05fUEFVU0VEEAISFgoSQ09ORElUSU9OX0RSQUlOSU5HEANiBnByb3RvMwrtCQojaGVsaW9ncmFwaC9jb250cm9sL3YxL2NvbnRyb2wucHJvdG8SFWhlbGlvZ3JhcGguY29udHJvbC52MRomaGVsaW9ncmFwaC9kaXNjb3ZlcnkvdjEvcmVnaXN0cnkucHJvdG8iEQoPRGVzY3JpYmVSZXF1ZXN0Iq0BChBEZXNjcmliZVJlc3BvbnNlEkkKDGFubm91bmNlbWVudBgBIAEoCzIlLmhlbGlvZ3JhcGguZGlzY292ZXJ5LnYxLkFubm91bmNlbWVudFIMYW5ub3VuY2VtZW50EjEKBGxvYWQYAiABKAsyHS5oZWxpb2dyYXBoLmRpc2NvdmVyeS52MS5Mb2FkUgRsb2FkEhsKCWxvZ19sZXZlbBgDIAEoCVIIbG9nTGV2ZWwiDgoMUGF1c2VSZXF1ZXN0Ig8KDVBhdXNlUmVzcG9uc2UiDwoNUmVzdW1lUmVxdWVzdCIQCg5SZXN1bWVSZXNwb25zZSI7CgxEcmFpblJlcXVlc3QSHgoIZ3JhY2VfbXMYASABKA1IAFIHZ3JhY2VNc4gBAUILCglfZ3JhY2VfbXMiOAoNRHJhaW5SZXNwb25zZRInCg9jYW5jZWxsZWRfY2FsbHMYASABKA1SDmNhbmNlbGxlZENhbGxzIj4KD1NodXRkb3duUmVxdWVzdBIeCghncmFjZV9tcxgBIAEoDUgAUgdncmFjZU1ziAEBQgsKCV9ncmFjZV9tcyISChBTaHV0ZG93blJlc3BvbnNlIioKElNldExvZ0xldmVsUmVxdWVzdBIUCgVsZXZlbBgBIAEoCVIFbGV2ZWwiMQoTU2V0TG9nTGV2ZWxSZXNwb25zZRIaCghwcmV2aW91cxgBIAEoCVIIcHJldmlvdXMyzQQKDkNvbnRyb2xTZXJ2aWNlEmAKCERlc2NyaWJlEiYuaGVsaW9ncmFwaC5jb250cm9sLnYxLkRlc2NyaWJlUmVxdWVzdBonLmhlbGlvZ3JhcGguY29udHJvbC52MS5EZXNjcmliZVJlc3BvbnNlIgOQAgESVwoFUGF1c2USIy5oZWxpb2dyYXBoLmNvbnRyb2wudjEuUGF1c2VSZXF1ZXN0GiQuaGVsaW9ncmFwaC5jb250cm9sLnYxLlBhdXNlUmVzcG9uc2UiA5ACAhJaCgZSZXN1bWUSJC5oZWxpb2dyYXBoLmNvbnRyb2wudjEuUmVzdW1lUmVxdWVzdBolLmhlbGlvZ3JhcGguY29udHJvbC52MS5SZXN1bWVSZXNwb25zZSIDkAICElcKBURyYWluEiMuaGVsaW9ncmFwaC5jb250cm9sLnYxLkRyYWluUmVxdWVzdBokLmhlbGlvZ3JhcGguY29udHJvbC52MS5EcmFpblJlc3BvbnNlIgOQAgISYAoIU2h1dGRvd24SJi5oZWxpb2dyYXBoLmNvbnRyb2wudjEuU2h1dGRvd25SZXF1ZXN0GicuaGVsaW9ncmFwaC5jb250cm9sLnYxLlNodXRkb3duUmVzcG9uc2UiA5ACAhJpCgtTZXRMb2dMZXZlbBIpLmhlbGlvZ3JhcGguY29udHJvbC52MS5TZXRMb2dMZXZlbFJlcXVlc3QaKi5oZWxpb2dyYXBoLmNvbnRyb2wudjEuU2V0TG9nTGV2ZWxSZXNwb25zZSIDkAICYgZwcm90bzM=";
