import { turn } from "../../support/turn.js";

/** Where a node listens, once it does. */
export async function endpointsOf(node: {
  readonly endpoints: readonly string[];
}): Promise<readonly string[]> {
  while (node.endpoints.length === 0) await turn();
  return node.endpoints;
}
