import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";

/** Messages and enums that the fields of `roots` lead to, and the roots themselves, each once. */
export function reachableFrom(roots: readonly DescMessage[]): (DescMessage | DescEnum)[] {
  const seen = new Set<DescMessage | DescEnum>(roots);
  // A set hands out what is added while it is walked.
  for (const type of seen) {
    if (type.kind === "enum") continue;
    for (const field of type.fields) for (const used of typesOf(field)) seen.add(used);
  }
  return [...seen];
}

function typesOf(field: DescField): (DescMessage | DescEnum)[] {
  return [field.message, field.enum].filter((type) => type !== undefined);
}
