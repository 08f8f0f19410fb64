import { nameOf } from "../lookup/instance-name.js";
import { variantsText } from "../lookup/schema-variants.js";
import { counted } from "../output/units.js";
import type { Facts, Finding } from "./facts.js";

/** Whether nodes are built with one version of the kit. */
export function checkKits({ nodes }: Facts): Finding[] {
  const check = "kit";
  const byKit = new Map<string, string[]>();
  for (const { instance } of nodes) {
    if (instance.kit !== "") byKit.set(instance.kit, [...(byKit.get(instance.kit) ?? []), nameOf(instance)]);
  }
  const versions = new Map<string, Set<string>>();
  for (const kit of byKit.keys()) {
    const [language = ""] = kit.split(" ");
    versions.set(language, (versions.get(language) ?? new Set()).add(kit));
  }
  const mixed = [...versions.values()].filter((kits) => kits.size > 1);
  if (mixed.length > 0) {
    return mixed.map((kits) => ({
      check,
      level: "warn",
      text: [...kits].map((kit) => `${kit}: ${byKit.get(kit)?.join(", ")}`).join("; "),
      advice: "update those that are older, when it suits; versions of one protocol work together",
    }));
  }
  return byKit.size === 0
    ? []
    : [{ check, level: "ok", text: `all nodes are built with ${[...byKit.keys()].join(", ")}` }];
}

/** Whether all speak a version of the protocol that others understand. */
export function checkProtocols({ nodes, protocolVersions }: Facts): Finding[] {
  const check = "protocol";
  const told = nodes.filter(({ info }) => info !== undefined && info.protocolVersions.length > 0);
  const strangers = told.filter(
    ({ info }) => !info?.protocolVersions.some((version) => protocolVersions.includes(version)),
  );
  if (strangers.length > 0) {
    return strangers.map(({ instance, info }) => ({
      check,
      level: "fail",
      text: `${nameOf(instance)} speaks version ${info?.protocolVersions.join(", ")} of the protocol, and this command ${protocolVersions.join(", ")}`,
      advice: "update the older one",
    }));
  }
  if (told.length === 0) return [];
  return [
    {
      check,
      level: "ok",
      text: `${counted(told.length, "instance")} with a protocol that is understood here`,
    },
  ];
}

/** Whether instances of a service that have different schemas go together. */
export function checkSchemas({ schemas, nodes }: Facts): Finding[] {
  const check = "schema";
  const findings = schemas.map((variants): Finding => {
    const { incompatible } = variants;
    const has = variantsText(variants);
    if (incompatible === undefined) {
      return {
        check,
        level: "warn",
        text: `${has}, which could not be compared`,
        advice: "see what is said of these instances",
      };
    }
    const [first] = incompatible;
    if (first === undefined) return { check, level: "ok", text: `${has}, which go together` };
    const more = incompatible.length > 1 ? `; and ${incompatible.length - 1} more` : "";
    return {
      check,
      level: "fail",
      text: `${has}, which do not go together: ${first.path} ${first.what}${more}`,
      advice: "build all instances from .proto files that are compatible: buf breaking says what broke",
    };
  });
  if (findings.length > 0) return findings;
  const some = nodes.some(({ instance }) => instance.services.length > 0);
  return some ? [{ check, level: "ok", text: "all instances of a service have the same schema" }] : [];
}
