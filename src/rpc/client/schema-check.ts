import type { HeliographError } from "../../core/error.js";
import type { SchemaRequest, SchemaResponse } from "../../gen/heliograph/node/v1/node.js";
import { NodeService } from "../../gen/heliograph/node/v1/node_heliograph.js";
import type { ReceivedWelcome } from "../../wire/handshake.js";
import { incompatibleSchemas } from "../../wire/schema-compare.js";
import { bindUnary } from "../bound-method.js";
import type { Peer } from "../context.js";
import type { Transport, UsedService } from "../transport.js";
import { SchemaVerdicts, type Verdict, verdictKey } from "./schema-verdicts.js";

/** How long a server may take to tell its schema. One that takes longer passes. */
const ASK_TIMEOUT_MS = 2_000;

/** What the check needs of a session. */
export interface CheckedServer {
  readonly endpoint: string;
  readonly server: Pick<ReceivedWelcome, "node" | "services"> | undefined;
  readonly peer?: Peer | undefined;
}

/** Whether clients go with the servers that they are connected to. Remembers what was found. */
export class SchemaCheck {
  readonly #verdicts: SchemaVerdicts;
  /** Being asked now: who wants to know the same waits for that answer. */
  readonly #asked = new Map<string, Promise<Verdict | undefined>>();

  constructor(verdicts = new SchemaVerdicts()) {
    this.#verdicts = verdicts;
  }

  /**
   * Undefined when the client can call the service there, else why not: FAILED_PRECONDITION, reason
   * SCHEMA_INCOMPATIBLE. A promise when the server has to be asked for its schema; it never rejects. A server that
   * doesn't serve the service, tells no hash, or can't be asked passes.
   *
   * @param transport leads to that server alone
   */
  judge(
    service: UsedService,
    session: CheckedServer,
    transport: Transport,
  ): HeliographError | undefined | Promise<HeliographError | undefined> {
    const served = session.server?.services.find(({ name }) => name === service.name);
    const theirs = served?.schemaHash ?? "";
    const verdict = this.verdict(service, theirs, transport);
    if (verdict instanceof Promise) return verdict.then((found) => refusal(service, session, found));
    return refusal(service, session, verdict);
  }

  /**
   * What keeps the client from using the service of a server whose schema has the hash `theirs`. A promise when the
   * server has to be asked for it; it never rejects, and is undefined when the server can't be asked.
   */
  verdict(
    service: UsedService,
    theirs: string,
    transport: Pick<Transport, "unary">,
  ): Verdict | Promise<Verdict | undefined> {
    return this.#verdicts.of(service, theirs) ?? this.#ask(service, theirs, transport);
  }

  async #ask(
    service: UsedService,
    theirs: string,
    transport: Pick<Transport, "unary">,
  ): Promise<Verdict | undefined> {
    const key = verdictKey(service, theirs);
    const others = this.#asked.get(key);
    if (others !== undefined) {
      const found = await others;
      if (found !== undefined) return found;
    }
    const asked = fetchSchema(service, transport).then(
      (schema) => schema && this.#verdicts.judge(service, theirs, schema),
      () => undefined,
    );
    this.#asked.set(key, asked);
    try {
      return await asked;
    } finally {
      if (this.#asked.get(key) === asked) this.#asked.delete(key);
    }
  }
}

/** For all nodes of the process. */
export const schemaCheck = new SchemaCheck();

async function fetchSchema(
  { name }: UsedService,
  transport: Pick<Transport, "unary">,
): Promise<Uint8Array | undefined> {
  const method = bindUnary(NodeService.schema, "");
  const request: SchemaRequest = { services: [name] };
  const answer = (await transport.unary(method, request, { timeoutMs: ASK_TIMEOUT_MS })) as SchemaResponse;
  return answer.services.find((schema) => schema.name === name)?.descriptorSet;
}

function refusal(
  { name }: UsedService,
  { server, endpoint }: CheckedServer,
  verdict: Verdict | undefined,
): HeliographError | undefined {
  if (verdict === undefined || verdict.length === 0) return undefined;
  return incompatibleSchemas(
    name,
    verdict,
    server === undefined ? endpoint : `${server.node} at ${endpoint}`,
  );
}
