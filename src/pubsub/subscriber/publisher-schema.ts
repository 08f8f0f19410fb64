import type { HeliographError } from "../../core/error.js";
import { schemaCheck } from "../../rpc/client/schema-check.js";
import type { Verdict } from "../../rpc/client/schema-verdicts.js";
import type { Transport, UsedService } from "../../rpc/transport.js";
import type { Topic } from "../../wire/definition.js";
import { incompatibleSchemas } from "../../wire/schema-compare.js";

/** A publisher that is to be judged. */
export interface JudgedPublisher {
  readonly transport: Transport;
  readonly instance: string | undefined;
  /** Name of its node; empty when it is not known. */
  readonly node: string;
  /** Of its service; empty when it doesn't tell. */
  readonly schemaHash: string;
}

/** The part of its service that a subscription to a topic uses. */
export function usedByTopic({ service, schema, name }: Topic): UsedService {
  return { name: service, schema, methods: [name] };
}

/**
 * Why the publisher's messages would be misread here: FAILED_PRECONDITION, reason SCHEMA_INCOMPATIBLE, with the path of
 * the field; undefined when they would not. A promise when the publisher has to be asked for its schema; it never rejects.
 * One that tells no hash, or can't be asked, passes.
 */
export function misfitOf(
  service: UsedService,
  { transport, instance, node, schemaHash }: JudgedPublisher,
): HeliographError | undefined | Promise<HeliographError | undefined> {
  const told = (verdict: Verdict | undefined) =>
    verdict === undefined || verdict.length === 0
      ? undefined
      : incompatibleSchemas(service.name, verdict, node === "" ? "the publisher" : node);
  const verdict = schemaCheck.verdict(service, schemaHash, {
    unary: (method, request, options) => transport.unary(method, request, { ...options, instance }),
  });
  return verdict instanceof Promise ? verdict.then(told) : told(verdict);
}
