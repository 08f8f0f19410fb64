// Generated from heliograph/pubsub/v1/event.proto by protoc-gen-heliograph; it is written anew each time.
/* eslint-disable */

import type { Topic } from "../../../../wire/definition.js";
import { Empty } from "../../../google/protobuf/empty.js";
import { Event, LogRecord } from "./event.js";

/** Events: payloads without a schema, under subjects that are chosen with each. */
export const EventService = {
  /** The subject is the event's name, such as `bedroom/lights/on`. */
  events: {
    kind: "topic",
    service: "heliograph.pubsub.v1.EventService",
    name: "Events",
    path: "heliograph.pubsub.v1.EventService/Events",
    input: Empty,
    output: Event,
    key: [],
    get schema(): string {
      return eventServiceSchema;
    },
  } as Topic<Event>,

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
    input: Empty,
    output: LogRecord,
    key: [
      { kind: "field", field: "level", type: "enum" },
      { kind: "field", field: "node", type: "string" },
    ],
    get schema(): string {
      return logServiceSchema;
    },
  } as Topic<LogRecord>,

  $service: "heliograph.pubsub.v1.LogService",
  get $schema(): string {
    return logServiceSchema;
  },
} as const;

export type LogService = typeof LogService;

// A google.protobuf.FileDescriptorSet of EventService and the messages it uses.
const eventServiceSchema =
  "Cj8KG2dvb2dsZS9wcm90b2J1Zi9lbXB0eS5wcm90bxIPZ29vZ2xlLnByb3RvYnVmIgcKBUVtcHR5YgZwcm90bzMK1wEKIGhlbGlvZ3JhcGgvcHVic3ViL3YxL2V2ZW50LnByb3RvEhRoZWxpb2dyYXBoLnB1YnN1Yi52MRobZ29vZ2xlL3Byb3RvYnVmL2VtcHR5LnByb3RvIiEKBUV2ZW50EhgKB3BheWxvYWQYASABKAxSB3BheWxvYWQyVQoMRXZlbnRTZXJ2aWNlEkUKBkV2ZW50cxIWLmdvb2dsZS5wcm90b2J1Zi5FbXB0eRobLmhlbGlvZ3JhcGgucHVic3ViLnYxLkV2ZW50IgSqnxkAMAFiBnByb3RvMw==";

// A google.protobuf.FileDescriptorSet of LogService and the messages it uses.
const logServiceSchema =
  "Cj8KG2dvb2dsZS9wcm90b2J1Zi9lbXB0eS5wcm90bxIPZ29vZ2xlLnByb3RvYnVmIgcKBUVtcHR5YgZwcm90bzMK/QQKIGhlbGlvZ3JhcGgvcHVic3ViL3YxL2V2ZW50LnByb3RvEhRoZWxpb2dyYXBoLnB1YnN1Yi52MRobZ29vZ2xlL3Byb3RvYnVmL2VtcHR5LnByb3RvIroCCglMb2dSZWNvcmQSNAoFbGV2ZWwYASABKA4yHi5oZWxpb2dyYXBoLnB1YnN1Yi52MS5Mb2dMZXZlbFIFbGV2ZWwSEgoEbm9kZRgCIAEoCVIEbm9kZRIaCghpbnN0YW5jZRgDIAEoCVIIaW5zdGFuY2USFwoHdGltZV91cxgEIAEoBFIGdGltZVVzEhgKB21lc3NhZ2UYBSABKAlSB21lc3NhZ2USQwoGZmllbGRzGAYgAygLMisuaGVsaW9ncmFwaC5wdWJzdWIudjEuTG9nUmVjb3JkLkZpZWxkc0VudHJ5UgZmaWVsZHMSFAoFc3RhY2sYByABKAlSBXN0YWNrGjkKC0ZpZWxkc0VudHJ5EhAKA2tleRgBIAEoCVIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1ZToCOAEqdwoITG9nTGV2ZWwSGQoVTE9HX0xFVkVMX1VOU1BFQ0lGSUVEEAASEwoPTE9HX0xFVkVMX0RFQlVHEAESEgoOTE9HX0xFVkVMX0lORk8QAhISCg5MT0dfTEVWRUxfV0FSThADEhMKD0xPR19MRVZFTF9FUlJPUhAEMmgKCkxvZ1NlcnZpY2USWgoHUmVjb3JkcxIWLmdvb2dsZS5wcm90b2J1Zi5FbXB0eRofLmhlbGlvZ3JhcGgucHVic3ViLnYxLkxvZ1JlY29yZCIUqp8ZEAoOe2xldmVsfS97bm9kZX0wAWIGcHJvdG8z";
