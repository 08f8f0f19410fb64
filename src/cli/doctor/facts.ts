import type { InfoResponse } from "../../gen/heliograph/node/v1/node.js";
import type { Incompatibility } from "../../wire/schema-compare.js";
import type { KnownInstance, RegistryAnswer } from "../lookup/known-instance.js";
import type { SchemaVariants } from "../lookup/schema-variants.js";
import type { ClockOffset } from "../ping/ping-series.js";

/** What a doctor has seen: all that its checks go by. */
export interface Facts {
  /** HELIOGRAPH_REGISTRY; undefined when it is not set. */
  readonly variable: string | undefined;
  readonly registries: readonly RegistryAnswer[];
  readonly nodes: readonly NodeFacts[];
  /** Services that are there with more than one schema. */
  readonly schemas: readonly SchemaFacts[];
  /** Versions of the wire protocol that this command speaks. */
  readonly protocolVersions: readonly number[];
  /** How many files a process may have open; undefined when the system doesn't tell. */
  readonly openFiles: number | undefined;
}

/** What was seen of one instance. */
export interface NodeFacts {
  readonly instance: KnownInstance;
  readonly endpoints: readonly EndpointFacts[];
  /** What it says of itself; undefined when it could not be asked. */
  readonly info: InfoResponse | undefined;
  readonly clock: ClockOffset | undefined;
  /** Its process is on this machine, and was stopped by a signal; false where that can't be told. */
  readonly stopped: boolean;
}

/** What became of an attempt to reach an instance at one of its endpoints. */
export interface EndpointFacts {
  readonly endpoint: string;
  /**
   * - `answers`: the instance does, in a session
   * - `silent`: nobody listens there, as seen from here
   * - `hung`: its system takes connections there, and the process says nothing
   * - `mute`: somebody listens there; but there was no answer of this instance
   * - `elsewhere`: it can only be reached from the instance's own machine, and was not tried
   * - `not-allowed`: it is on another machine, and was not tried without --remote
   */
  readonly outcome: "answers" | "silent" | "hung" | "mute" | "elsewhere" | "not-allowed";
  /** Why there was no answer; empty where that is clear. */
  readonly error: string;
}

/** One service with several schemas. */
export interface SchemaFacts extends SchemaVariants {
  /** What does not go together; undefined when the schemas could not be had. */
  readonly incompatible: readonly Incompatibility[] | undefined;
}

/** What a check has found. */
export interface Finding {
  /** Which check. */
  readonly check: string;
  readonly level: "ok" | "warn" | "fail";
  readonly text: string;
  /** What to do; undefined when all is well. */
  readonly advice?: string | undefined;
}
