import type { CaseContext } from "./context.js";

/** One case: passes unless `run` rejects. What it needs of a server is TestService and ControlService. */
export interface InteropCase {
  /** gRPC's name for it, or one in its manner. */
  readonly name: string;
  run(context: CaseContext): Promise<void>;
}
