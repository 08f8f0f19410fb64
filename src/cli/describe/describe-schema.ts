import type { DescService } from "@bufbuild/protobuf";
import { readSchema, requireService } from "../../wire/schema-registry.js";
import {
  methodText,
  reachedTypes,
  type SchemaType,
  schemaTypeText,
  serviceOutline,
  serviceText,
} from "../../wire/schema-text.js";
import { Failure, troubleLines } from "../failure.js";
import { nameOf } from "../lookup/instance-name.js";
import type { Listing } from "../lookup/known-instance.js";
import { isLiving, leftOutText } from "../lookup/left-out.js";
import type { Lookup } from "../lookup/lookup.js";
import { schemaVariants, variantsNotes } from "../lookup/schema-variants.js";
import { describedServicesOf } from "../lookup/target.js";
import { printable } from "../output/printable.js";
import type { Terminal } from "../output/terminal.js";
import { findMethodName } from "../reflect/find-method-name.js";
import type { MethodName } from "../reflect/method-name.js";
import { type ReflectedService, reflect, resolveService } from "../reflect/reflect.js";
import { findServiceName, meant } from "../reflect/service-name.js";
import { memberJson, serviceJson, typeJson } from "./schema-json.js";

/** Something of a schema, for people and for programs. */
export interface Description {
  readonly text: string;
  readonly json: object;
}

/** What descriptions are made with. */
export interface DescribeParts {
  readonly listing: Listing;
  readonly lookup: Lookup;
  readonly terminal: Terminal;
}

/** @throws Failure when there is no such service, or nobody tells its schema */
export async function describeService(wanted: string, parts: DescribeParts): Promise<Description> {
  const { reflected, service } = await findService(wanted, parts);
  noteOthers(reflected, parts);
  const { node, instance } = reflected.instance;
  return {
    text: serviceText(service),
    json: { ...serviceJson(service), schemaHash: reflected.hash, describedBy: { node, instance } },
  };
}

/** @throws Failure when there is no such method */
export async function describeMethod(name: MethodName, parts: DescribeParts): Promise<Description> {
  const { reflected, service } = await findService(name.service, parts);
  noteOthers(reflected, parts);
  const names = service.methods.map((method) => method.name);
  const found = findMethodName(name.method, names);
  const method = service.methods.find((each) => each.name === found);
  if (method !== undefined) return { text: methodText(method), json: memberJson(method) };
  const similar = typeof found === "string" ? [] : found.similar;
  throw new Failure([
    `${service.typeName} has no method ${JSON.stringify(name.method)}${meant(similar)}`,
    `it has ${names.join(", ") || "none at all"}`,
  ]);
}

/** All services that are announced, each with its methods. Those whose schema nobody tells are noted. */
export async function describeServices(parts: DescribeParts): Promise<Description> {
  const leftOut = parts.listing.instances.filter((instance) => !isLiving(instance)).length;
  if (leftOut > 0) parts.terminal.note(leftOutText(leftOut, "helio ls shows them"));
  const services = await readServices(parts);
  for (const line of variantsNotes(parts.listing.instances)) parts.terminal.note(printable(line));
  return {
    text: services.map(serviceOutline).join("\n\n"),
    json: { services: services.map(serviceJson) },
  };
}

/** @throws Failure when no service that is announced reaches such a message or enum */
export async function describeType(wanted: string, parts: DescribeParts): Promise<Description> {
  const types = new Map<string, SchemaType>();
  for (const service of await readServices(parts)) {
    const roots = service.methods.flatMap(({ input, output }) => [input, output]);
    for (const type of reachedTypes(roots)) types.set(type.typeName, type);
  }
  const found = findServiceName(wanted, [...types.keys()]);
  const type = found.kind === "one" ? types.get(found.name) : undefined;
  if (type !== undefined)
    return { text: schemaTypeText(type), json: { types: reachedTypes([type]).map(typeJson) } };
  const candidates = found.kind === "one" ? [] : found.candidates;
  if (found.kind === "several") {
    throw new Failure(`${JSON.stringify(wanted)} may be any of ${candidates.join(", ")}; write it in full`);
  }
  throw new Failure(
    `there is no service, node, message or enum ${JSON.stringify(wanted)}${meant(candidates)}`,
  );
}

async function findService(
  wanted: string,
  { listing, lookup }: DescribeParts,
): Promise<{ readonly reflected: ReflectedService; readonly service: DescService }> {
  const reflected = await reflect(resolveService(wanted, listing), listing, lookup);
  return { reflected, service: readService(reflected) };
}

function readService({ name, descriptorSet }: ReflectedService): DescService {
  const whose = `the schema of ${name}`;
  return requireService(readSchema(descriptorSet, whose), name, whose);
}

/** Those of the living. */
async function readServices({ listing, lookup, terminal }: DescribeParts): Promise<DescService[]> {
  const found = describedServicesOf(listing.instances.filter(isLiving)).map(async (name) => {
    try {
      return [readService(await reflect(name, listing, lookup))];
    } catch (error) {
      for (const line of troubleLines(error)) terminal.note(printable(`${name}: ${line}`));
      return [];
    }
  });
  return (await Promise.all(found)).flat();
}

/** Instances of one service may have other schemas than the one that is shown. */
function noteOthers({ name, hash, instance }: ReflectedService, { listing, terminal }: DescribeParts): void {
  const variants = schemaVariants(listing.instances).find(({ service }) => service === name);
  for (const other of variants?.schemas ?? []) {
    if (other.hash === hash) continue;
    const whose = other.instances.map(nameOf).join(", ");
    terminal.note(
      printable(
        `this is what ${nameOf(instance)} serves (${hash}); ${whose} ${other.instances.length === 1 ? "has" : "have"} another schema (${other.hash}); helio doctor says whether they go together`,
      ),
    );
  }
}
