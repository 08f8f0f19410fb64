import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { ActionMember, MemberFacts, Policy } from "./model.js";
import type { Report } from "./problem.js";
import type { MethodOption } from "./read-options.js";
import { locate } from "./source-info.js";

type ActionOption = Extract<MethodOption, { name: "action" }>;

const DEFAULT_RETENTION_MS = 15 * 60_000;

/** An action: a stream of a oneof of `feedback` and `result`, or a unary rpc when there is no feedback. */
export function readAction(
  method: DescMethod,
  facts: MemberFacts,
  option: ActionOption,
  report: Report,
): ActionMember | undefined {
  const answer = readAnswer(method, option, report);
  const policy = readPolicy(option, report);
  if (answer === undefined || policy === undefined) return undefined;
  const retentionMs = option.value.retentionMs || DEFAULT_RETENTION_MS;
  return { ...facts, kind: "action", ...answer, policy, retentionMs };
}

function readAnswer(
  method: DescMethod,
  option: ActionOption,
  report: Report,
): Pick<ActionMember, "feedback" | "result"> | undefined {
  const { methodKind, output, name } = method;
  if (methodKind === "unary") return { feedback: undefined, result: output };
  if (methodKind !== "server_streaming") {
    report(
      option.where(),
      `action ${name} takes a stream of goals`,
      "take one goal and return a stream, or no stream at all",
    );
    return undefined;
  }
  const feedback = eventMessage(output, "feedback");
  const result = eventMessage(output, "result");
  if (output.fields.length === 2 && output.oneofs.length === 1 && feedback && result)
    return { feedback, result };
  report(
    locate(output),
    `${output.typeName}, which action ${name} returns, is not a oneof of feedback and result`,
    "let it hold one oneof of two messages called feedback and result and nothing else, or return the result without stream",
  );
  return undefined;
}

function eventMessage(event: DescMessage, name: string): DescMessage | undefined {
  const field = event.fields.find((candidate) => candidate.name === name);
  return field?.fieldKind === "message" && field.oneof !== undefined ? field.message : undefined;
}

/** The numbers are those of heliograph.options.v1.Policy. */
function readPolicy(option: ActionOption, report: Report): Policy | undefined {
  const { policy, queueSize, maxParallel } = option.value;
  let sound = true;
  const refuse = (field: "policy" | "queue_size" | "max_parallel", what: string, fix: string) => {
    report(option.where(field), what, fix);
    sound = false;
  };
  if (queueSize > 0 && policy !== 2) {
    refuse("queue_size", "queue_size without POLICY_QUEUE", "add policy: POLICY_QUEUE or drop queue_size");
  }
  if (maxParallel > 0 && policy !== 4) {
    refuse(
      "max_parallel",
      "max_parallel without POLICY_PARALLEL",
      "add policy: POLICY_PARALLEL or drop max_parallel",
    );
  }
  if (policy === 2 && queueSize === 0) {
    refuse("policy", "POLICY_QUEUE without queue_size", "add queue_size: how many goals may wait");
  }
  if (policy === 4 && maxParallel === 0) {
    refuse(
      "policy",
      "POLICY_PARALLEL without max_parallel",
      "add max_parallel: how many goals may run at a time",
    );
  }
  if (!sound) return undefined;
  switch (policy) {
    case 0:
    case 1:
      return { kind: "refuse" };
    case 2:
      return { kind: "queue", size: queueSize };
    case 3:
      return { kind: "preempt" };
    case 4:
      return { kind: "parallel", max: maxParallel };
    default:
      refuse("policy", `policy ${policy} is not known`, "use one of the POLICY_ names");
      return undefined;
  }
}
