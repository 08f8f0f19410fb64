// Generated from heliograph/pubsub/v1/event.proto by protoc-gen-heliograph; it is written anew each time.
/* eslint-disable */

import type { Topic } from "../../../../wire/definition.js";
import { Event, EventsRequest, LogRecord, RecordsRequest } from "./event.js";

/** Events: payloads without a schema, under subjects that are chosen with each. */
export const EventService = {
  /** The subject is the event's name, such as `bedroom/lights/on`. */
  events: {
    kind: "topic",
    service: "heliograph.pubsub.v1.EventService",
    name: "Events",
    path: "heliograph.pubsub.v1.EventService/Events",
    input: EventsRequest,
    output: Event,
    key: [],
    get schema(): string {
      return eventServiceSchema;
    },
  } as Topic<Event, never>,

  $service: "heliograph.pubsub.v1.EventService",
  get $schema(): string {
    return eventServiceSchema;
  },
} as const;

export type EventService = typeof EventService;

/** What nodes log. */
export const LogService = {
  records: {
    kind: "topic",
    service: "heliograph.pubsub.v1.LogService",
    name: "Records",
    path: "heliograph.pubsub.v1.LogService/Records",
    input: RecordsRequest,
    output: LogRecord,
    key: [
      { kind: "field", field: "level", type: "enum" },
      { kind: "field", field: "node", type: "string" },
    ],
    get schema(): string {
      return logServiceSchema;
    },
  } as Topic<LogRecord, "level" | "node">,

  $service: "heliograph.pubsub.v1.LogService",
  get $schema(): string {
    return logServiceSchema;
  },
} as const;

export type LogService = typeof LogService;

// A google.protobuf.FileDescriptorSet of EventService and the messages it uses.
const eventServiceSchema =
  "CtgBCiBoZWxpb2dyYXBoL3B1YnN1Yi92MS9ldmVudC5wcm90bxIUaGVsaW9ncmFwaC5wdWJzdWIudjEiIQoFRXZlbnQSGAoHcGF5bG9hZBgBIAEoDFIHcGF5bG9hZCIPCg1FdmVudHNSZXF1ZXN0MmIKDEV2ZW50U2VydmljZRJSCgZFdmVudHMSIy5oZWxpb2dyYXBoLnB1YnN1Yi52MS5FdmVudHNSZXF1ZXN0GhsuaGVsaW9ncmFwaC5wdWJzdWIudjEuRXZlbnQiBKqfGQAwAWIGcHJvdG8z";

// A google.protobuf.FileDescriptorSet of LogService and the messages it uses.
const logServiceSchema =
  "CoAFCiBoZWxpb2dyYXBoL3B1YnN1Yi92MS9ldmVudC5wcm90bxIUaGVsaW9ncmFwaC5wdWJzdWIudjEiugIKCUxvZ1JlY29yZBI0CgVsZXZlbBgBIAEoDjIeLmhlbGlvZ3JhcGgucHVic3ViLnYxLkxvZ0xldmVsUgVsZXZlbBISCgRub2RlGAIgASgJUgRub2RlEhoKCGluc3RhbmNlGAMgASgJUghpbnN0YW5jZRIXCgd0aW1lX3VzGAQgASgEUgZ0aW1lVXMSGAoHbWVzc2FnZRgFIAEoCVIHbWVzc2FnZRJDCgZmaWVsZHMYBiADKAsyKy5oZWxpb2dyYXBoLnB1YnN1Yi52MS5Mb2dSZWNvcmQuRmllbGRzRW50cnlSBmZpZWxkcxIUCgVzdGFjaxgHIAEoCVIFc3RhY2saOQoLRmllbGRzRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSFAoFdmFsdWUYAiABKAlSBXZhbHVlOgI4ASIQCg5SZWNvcmRzUmVxdWVzdCp3CghMb2dMZXZlbBIZChVMT0dfTEVWRUxfVU5TUEVDSUZJRUQQABITCg9MT0dfTEVWRUxfREVCVUcQARISCg5MT0dfTEVWRUxfSU5GTxACEhIKDkxPR19MRVZFTF9XQVJOEAMSEwoPTE9HX0xFVkVMX0VSUk9SEAQydgoKTG9nU2VydmljZRJoCgdSZWNvcmRzEiQuaGVsaW9ncmFwaC5wdWJzdWIudjEuUmVjb3Jkc1JlcXVlc3QaHy5oZWxpb2dyYXBoLnB1YnN1Yi52MS5Mb2dSZWNvcmQiFKqfGRAKDntsZXZlbH0ve25vZGV9MAFiBnByb3RvMw==";
