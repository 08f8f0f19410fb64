import type { DescField } from "@bufbuild/protobuf";
import type { KeyLevel, Member, Policy, Resumable, Service } from "./model.js";

/** One member as the lock manifest records it: everything of it that peers rely on and `buf breaking` passes. */
export interface LockedMember {
  readonly kind: Member["kind"];
  readonly path: string;
  readonly input: string;
  readonly output: string;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
  readonly idempotency?: string;
  readonly resumable?: Resumable;
  /** A topic's subject, level by level. A field is told by name, number and type, so that its renaming shows. */
  readonly key?: readonly LockedLevel[];
  readonly acknowledged?: boolean;
  readonly feedback?: string;
  readonly result?: string;
  readonly policy?: Policy;
  readonly retentionMs?: number;
}

export type LockedLevel = string | { readonly field: string; readonly number: number; readonly type: string };

/** `heliograph.lock.json`. */
export interface LockManifest {
  readonly version: 1;
  /** By full name of the service, then by name of the rpc. */
  readonly services: Readonly<Record<string, Readonly<Record<string, LockedMember>>>>;
}

/** The manifest of all services of a run, sorted by name. */
export function lockManifest(services: readonly Service[]): LockManifest {
  return {
    version: 1,
    services: sortedRecord(services.map((service) => [service.fullName, lockService(service)])),
  };
}

/** The manifest as it is written: the same schema gives the same bytes. */
export function formatLock(manifest: LockManifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function lockService({ members }: Service): Record<string, LockedMember> {
  return sortedRecord(members.map((member) => [member.name, lockMember(member)]));
}

function lockMember(member: Member): LockedMember {
  const { kind, path } = member;
  const facts = {
    kind,
    path,
    input: member.input.typeName,
    output: member.output.typeName,
    clientStreaming: member.clientStreaming,
    serverStreaming: member.serverStreaming,
  };
  switch (member.kind) {
    case "topic":
      return { ...facts, key: member.key.map(lockLevel) };
    case "pipeline":
      return { ...facts, acknowledged: member.acknowledged };
    case "action":
      return {
        ...facts,
        ...(member.feedback && { feedback: member.feedback.typeName }),
        result: member.result.typeName,
        policy: member.policy,
        retentionMs: member.retentionMs,
      };
    default:
      return {
        ...facts,
        idempotency: member.idempotency,
        ...(member.resumable && { resumable: member.resumable }),
      };
  }
}

function lockLevel(level: KeyLevel): LockedLevel {
  return level.kind === "literal" ? level.text : lockField(level.field, level.type);
}

function lockField({ name, number }: DescField, type: string): LockedLevel {
  return { field: name, number, type };
}

function sortedRecord<V>(entries: readonly (readonly [string, V])[]): Record<string, V> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
