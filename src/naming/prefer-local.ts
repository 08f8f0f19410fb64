import { checkOptionNames } from "../core/option-names.js";
import { type Balancer, checkBalancer } from "./balancer.js";
import { narrowed } from "./narrowed.js";
import { roundRobin } from "./round-robin.js";

/** Who chooses among those that are left. */
export interface PreferLocalOptions {
  /** Default `roundRobin()`. */
  readonly balancer?: Balancer | undefined;
}

/**
 * Instances on the machine of the caller; all instances while there is none. Which machine an instance runs on is known
 * from its announcement: instances of `fixed()` and `dns()` are never local.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes the option
 */
export function preferLocal(options: PreferLocalOptions = {}): Balancer {
  checkOptionNames("preferLocal()", options, ["balancer"]);
  const { balancer = roundRobin() } = options;
  checkBalancer("balancer", balancer);
  return {
    name: `prefer-local(${balancer.name})`,
    picker: (parts) =>
      narrowed(balancer.picker(parts), (candidates) => {
        const local = candidates.filter(({ info }) => info.host !== "" && info.host === parts.host);
        return local.length > 0 ? local : candidates;
      }),
  };
}
