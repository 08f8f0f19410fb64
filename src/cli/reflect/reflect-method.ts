import type { Member } from "../../wire/definition.js";
import { type DynamicService, dynamicService } from "../../wire/dynamic-service.js";
import { Failure } from "../failure.js";
import type { KnownInstance, Listing } from "../lookup/known-instance.js";
import type { Lookup } from "../lookup/lookup.js";
import { findMethodName } from "./find-method-name.js";
import type { MethodName } from "./method-name.js";
import { type ReflectedService, reflect, resolveService } from "./reflect.js";
import { meant } from "./service-name.js";

/** A member of a service, as an instance that serves it has described it. */
export interface ReflectedMember extends ReflectedService {
  readonly service: DynamicService;
  /** Its name in `service`. */
  readonly key: string;
  readonly member: Member;
}

/**
 * Finds what `Service/Method` stands for, and asks an instance for its types.
 *
 * @param only what the user has named; undefined for any instance
 * @throws Failure that says what there is
 */
export async function reflectMember(
  { service: wanted, method }: MethodName,
  listing: Listing,
  lookup: Lookup,
  only?: readonly KnownInstance[],
): Promise<ReflectedMember> {
  const reflected = await reflect(resolveService(wanted, listing), listing, lookup, only);
  const service = dynamicService(reflected.descriptorSet, reflected.name);
  const members = Object.entries(service).flatMap(([key, member]) =>
    typeof member === "string" ? [] : [{ key, member }],
  );
  const names = members.map(({ member }) => member.name);
  const name = findMethodName(method, names);
  const found = members.find(({ member }) => member.name === name);
  if (found !== undefined) return { ...reflected, service, ...found };
  throw new Failure([
    `${reflected.name} has no method ${JSON.stringify(method)}${meant(typeof name === "string" ? [] : name.similar)}`,
    names.length === 0 ? "it has none at all" : `it has ${names.join(", ")}`,
  ]);
}
