import type { DescService } from "@bufbuild/protobuf";
import type { ActionPolicy } from "../../wire/definition.js";
import { readMember, type SchemaMember } from "../../wire/schema-member.js";
import { readSchema, requireService } from "../../wire/schema-registry.js";
import { troubleLines } from "../failure.js";
import type { Column } from "../output/table.js";
import { schemaOf } from "../reflect/schema-of.js";
import type { Lookup } from "./lookup.js";
import { isReady, type ServiceRow } from "./service-rows.js";
import { announces } from "./target.js";

/** The kinds of members that can be listed. */
export type MemberKind = "methods" | "topics" | "pipelines" | "actions";

/** A member of a service, as its schema has it. */
export interface MemberRow {
  /** Full name. */
  readonly service: string;
  /** As the `.proto` has it. */
  readonly name: string;
  readonly member: SchemaMember;
  readonly request: string;
  readonly response: string;
  /** How many instances serve it, or publish it if it is a topic, that can be called. */
  readonly ready: number;
  readonly instances: number;
}

/** The members of one kind that these services have, by asking an instance of each; and who could not be asked. */
export async function listMembers(
  kind: MemberKind,
  services: readonly ServiceRow[],
  lookup: Lookup,
): Promise<{ readonly found: readonly MemberRow[]; readonly failed: readonly string[] }> {
  const failed: string[] = [];
  const rows = await Promise.all(
    services.map(async (row) => {
      const { service, instances } = row;
      try {
        return memberRows(kind, await schemaOf(service, { registries: [], instances }, lookup), row);
      } catch (error) {
        failed.push(...troubleLines(error).map((line) => `${service}: ${line}`));
        return [];
      }
    }),
  );
  return { found: rows.flat(), failed };
}

/** The members of one kind that a service has. */
function memberRows(
  kind: MemberKind,
  descriptorSet: Uint8Array,
  { service, instances }: ServiceRow,
): MemberRow[] {
  const whose = `the schema of ${service}`;
  const found: DescService = requireService(readSchema(descriptorSet, whose), service, whose);
  return found.methods
    .map((method) => {
      const member = readMember(method);
      const name = member.kind === "topic" ? `${service}/${method.name}` : service;
      const having = instances.filter((instance) => announces(instance, name));
      return {
        service,
        name: method.name,
        member,
        request: method.input.typeName,
        response: method.output.typeName,
        ready: having.filter(isReady).length,
        instances: having.length,
      };
    })
    .filter(({ member }) => kindOf(member) === kind);
}

/** The columns of a list of members; those that say nothing for a kind are empty there. */
export const memberColumns: readonly Column<MemberRow>[] = [
  { title: "MEMBER", cell: ({ service, name }) => `${service}/${name}` },
  { title: "READY", align: "right", cell: ({ ready, instances }) => `${ready}/${instances}` },
  { title: "KEY", cell: ({ member }) => (member.kind === "topic" ? member.template : "") },
  { title: "ABOUT", cell: ({ member }) => about(member) },
  { title: "TYPES", cell: types },
];

/** A member as JSON shows it. */
export function memberJson({
  service,
  name,
  member,
  request,
  response,
  ready,
  instances,
}: MemberRow): object {
  const { kind } = member;
  const key = kind === "topic" ? { key: member.template } : {};
  const action = kind === "action" ? { policy: member.policy, retentionMs: member.retentionMs } : {};
  const pipeline = kind === "pipeline" ? { acknowledged: member.acknowledged } : {};
  const method = "idempotency" in member ? { idempotency: member.idempotency } : {};
  return {
    service,
    name,
    kind,
    ...key,
    ...action,
    ...pipeline,
    ...method,
    request,
    response,
    ready,
    instances,
  };
}

function kindOf({ kind }: SchemaMember): MemberKind {
  return kind === "topic" || kind === "pipeline" || kind === "action" ? `${kind}s` : "methods";
}

function about(member: SchemaMember): string {
  switch (member.kind) {
    case "topic":
      return "";
    case "pipeline":
      return member.acknowledged ? "acknowledged" : "";
    case "action":
      return policyText(member.policy);
    default:
      return [member.idempotency === "unknown" ? "" : member.idempotency, member.resumable ? "resumable" : ""]
        .filter((each) => each !== "")
        .join(", ");
  }
}

function policyText(policy: ActionPolicy): string {
  if (policy.kind === "queue") return `queue of ${policy.size}`;
  return policy.kind === "parallel" ? `${policy.max} in parallel` : policy.kind;
}

function types({ member: { kind }, request, response }: MemberRow): string {
  switch (kind) {
    case "topic":
      return response;
    case "pipeline":
      return request;
    case "client-stream":
      return `stream ${request} → ${response}`;
    case "bidi-stream":
      return `stream ${request} → stream ${response}`;
    case "server-stream":
      return `${request} → stream ${response}`;
    default:
      return `${request} → ${response}`;
  }
}
