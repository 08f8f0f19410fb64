import type { HeliographError } from "../core/error.js";
import type { CheckedServer, SchemaCheck } from "../rpc/client/schema-check.js";
import { verdictKey } from "../rpc/client/schema-verdicts.js";
import type { UsedService } from "../rpc/transport.js";

/** Of how many it is remembered that they were told; those that were told first are forgotten, and told again. */
const MAX_TOLD = 1_024;

/**
 * Tells of servers that a client can't call because of their schema: calls go elsewhere, and nobody else would notice.
 * Once for each life of a server and each pair of schemas, however often they connect.
 */
export class SchemaWarnings {
  readonly #judge: SchemaCheck["judge"];
  readonly #tell: (service: string, session: CheckedServer, error: HeliographError) => void;
  readonly #told = new Set<string>();

  constructor(
    judge: SchemaCheck["judge"],
    tell: (service: string, session: CheckedServer, error: HeliographError) => void,
  ) {
    this.#judge = judge;
    this.#tell = tell;
  }

  /** See `SchemaCheck.judge`. */
  readonly judge: SchemaCheck["judge"] = (service, session, transport) => {
    const verdict = this.#judge(service, session, transport);
    if (verdict instanceof Promise) return verdict.then((error) => this.#look(service, session, error));
    return this.#look(service, session, verdict);
  };

  #look(
    service: UsedService,
    session: CheckedServer,
    error: HeliographError | undefined,
  ): HeliographError | undefined {
    if (error === undefined) return undefined;
    const theirs = session.server?.services.find(({ name }) => name === service.name)?.schemaHash ?? "";
    const key = `${session.peer?.instance ?? session.endpoint} ${verdictKey(service, theirs)}`;
    if (this.#told.has(key)) return error;
    this.#told.add(key);
    for (const oldest of this.#told) {
      if (this.#told.size <= MAX_TOLD) break;
      this.#told.delete(oldest);
    }
    this.#tell(service.name, session, error);
    return error;
  }
}
