import type { Schema } from "./model.js";
import type { Parameters } from "./parameters.js";
import type { Report } from "./problem.js";

export interface GeneratedFile {
  /** Path below the plugin's `out`. */
  readonly name: string;
  readonly content: string;
}

/**
 * Writes a schema in one language. Names of that language, and schemas that only that language can't take,
 * are its own business; what it can't take is reported.
 */
export type Emitter = (schema: Schema, parameters: Parameters, report: Report) => readonly GeneratedFile[];
