import type { LockedMember, LockManifest } from "./lock-manifest.js";

/** What a breaking change is about; stable, for scripts. */
export type BreakingRule =
  | "service-removed"
  | "member-removed"
  | "kind-changed"
  | "input-changed"
  | "output-changed"
  | "streaming-changed"
  | "idempotency-weakened"
  | "resumable-removed"
  | "key-changed"
  | "acknowledged-changed"
  | "feedback-changed"
  | "result-changed"
  | "policy-changed"
  | "retention-shortened";

export interface BreakingChange {
  readonly rule: BreakingRule;
  /** Full name of the service, or `service/name` of a member. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Changes after which a peer of the old schema would fail or be misunderstood, in the order of names. */
export function compareLocks(before: LockManifest, after: LockManifest): BreakingChange[] {
  return Object.entries(before.services).flatMap(([service, members]): BreakingChange[] => {
    const now = own(after.services, service);
    if (now === undefined)
      return [{ rule: "service-removed", path: service, before: service, after: undefined }];
    return Object.entries(members).flatMap(([name, member]) => compareMembers(member, own(now, name)));
  });
}

/** One line for people. */
export function formatBreakingChange({ rule, path, before, after }: BreakingChange): string {
  switch (rule) {
    case "service-removed":
    case "member-removed":
      return `${path} was removed or renamed`;
    case "key-changed":
      return `${path}: key changed from ${formatKey(before)} to ${formatKey(after)}`;
    case "resumable-removed":
      return `${path} is no longer resumable`;
    default:
      return `${path}: ${rule.replaceAll("-", " ")} from ${plain(before)} to ${plain(after)}`;
  }
}

function compareMembers(before: LockedMember, after: LockedMember | undefined): BreakingChange[] {
  const { path } = before;
  if (after === undefined) return [{ rule: "member-removed", path, before: path, after: undefined }];
  if (before.kind !== after.kind && isPattern(before, after)) {
    return [{ rule: "kind-changed", path, before: before.kind, after: after.kind }];
  }
  const changes: BreakingChange[] = [];
  const compare = (rule: BreakingRule, was: unknown, is: unknown) => {
    if (JSON.stringify(was) !== JSON.stringify(is)) changes.push({ rule, path, before: was, after: is });
  };
  compare("input-changed", before.input, after.input);
  compare("output-changed", before.output, after.output);
  compare("streaming-changed", streaming(before), streaming(after));
  compare("key-changed", before.key, after.key);
  compare("acknowledged-changed", before.acknowledged, after.acknowledged);
  compare("feedback-changed", before.feedback, after.feedback);
  compare("result-changed", before.result, after.result);
  compare("policy-changed", before.policy, after.policy);
  if (safety(after) < safety(before)) compare("idempotency-weakened", before.idempotency, after.idempotency);
  // Other numbers are the server's own: a client that is away too long gets DATA_LOSS with any of them. Where the
  // method is no server stream any more, the streaming has been told.
  if (after.resumable === undefined && after.kind === "server-stream") {
    compare("resumable-removed", before.resumable, after.resumable);
  }
  if ((after.retentionMs ?? 0) < (before.retentionMs ?? 0)) {
    compare("retention-shortened", before.retentionMs, after.retentionMs);
  }
  return changes;
}

/** Between plain methods only the streaming can change, which has a rule of its own. */
function isPattern(...members: readonly LockedMember[]): boolean {
  return members.some(({ kind }) => kind === "topic" || kind === "pipeline" || kind === "action");
}

function streaming({ clientStreaming, serverStreaming }: LockedMember): string {
  return `(${clientStreaming ? "stream" : "one"}) returns (${serverStreaming ? "stream" : "one"})`;
}

function safety({ idempotency }: LockedMember): number {
  return ["unknown", "idempotent", "no-side-effects"].indexOf(idempotency ?? "unknown");
}

function formatKey(key: unknown): string {
  if (!Array.isArray(key)) return "none";
  const levels = key.map((level: string | { field: string; number: number; type: string }) =>
    typeof level === "string" ? level : `{${level.field}: ${level.type} = ${level.number}}`,
  );
  return `"${levels.join("/")}"`;
}

function plain(value: unknown): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return value;
  return JSON.stringify(value).replace(/["{}]/g, "").replaceAll(",", ", ").replaceAll(":", " ");
}

/** Names of services and rpcs are the users': `constructor` must not be found in a prototype. */
function own<V>(record: Readonly<Record<string, V>>, name: string): V | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
