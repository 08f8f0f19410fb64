import { isLiving } from "../lookup/left-out.js";
import type { Facts, Finding } from "./facts.js";
import { checkNames, checkNodes, checkOpenFiles, checkServices } from "./node-checks.js";
import { checkClocks, checkEndpoints, checkSecurity } from "./reach-checks.js";
import { checkEnvironment, checkRegistrations, checkRegistries } from "./registry-checks.js";
import { checkKits, checkProtocols, checkSchemas } from "./version-checks.js";

/** What is checked, in the order in which it is told. */
const checks: readonly ((facts: Facts) => Finding[])[] = [
  checkEnvironment,
  checkRegistries,
  checkRegistrations,
  checkNodes,
  checkServices,
  ...[
    checkNames,
    checkEndpoints,
    checkKits,
    checkProtocols,
    checkSchemas,
    checkClocks,
    checkSecurity,
    checkOpenFiles,
  ].map(ofTheLiving),
];

/** What follows from what was seen. Pure. */
export function diagnose(facts: Facts): Finding[] {
  return checks.flatMap((check) => check(facts));
}

/** What the dead were is nothing to do something about. */
function ofTheLiving(check: (facts: Facts) => Finding[]): (facts: Facts) => Finding[] {
  return (facts) => check({ ...facts, nodes: facts.nodes.filter(({ instance }) => isLiving(instance)) });
}
