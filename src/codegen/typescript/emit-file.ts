import type { DescMessage } from "@bufbuild/protobuf";
import type { Service, ServiceFile } from "../model.js";
import type { Parameters } from "../parameters.js";
import { docComment } from "./doc-comment.js";
import { emitMember, type Names } from "./emit-member.js";
import { ModuleScope, relativeModule } from "./module-scope.js";
import { serviceName } from "./service-name.js";
import type { GeneratedType } from "./ts-proto.js";

/** The module of one `.proto` file: one value and one type for each of its services. */
export function emitFile(
  file: ServiceFile,
  types: ReadonlyMap<string, GeneratedType>,
  parameters: Parameters,
): string {
  const scope = new ModuleScope();
  for (const service of file.services) scope.declare(serviceName(service.name));
  const names: Names = {
    message: (message) => importMessage(message, file, types, parameters, scope),
    runtime: (type) => scope.import(parameters.runtime, type, { typeOnly: true, alias: `${type}Definition` }),
  };
  // Messages first: where a message is called like a type of the runtime, it is the message that keeps its name.
  for (const { members } of file.services) {
    for (const { input, output } of members) [input, output].forEach(names.message);
  }
  const services = file.services.map((service) => {
    const schema = scope.declareFree(
      `${service.name.replace(/^[A-Z]/, (initial) => initial.toLowerCase())}Schema`,
    );
    return { value: emitService(service, schema, names), schema: emitSchema(service, schema) };
  });
  return [
    `// Generated from ${file.name} by protoc-gen-heliograph; it is written anew each time.\n/* eslint-disable */\n`,
    scope
      .imports()
      .map((line) => `${line}\n`)
      .join(""),
    ...services.map(({ value }) => value),
    ...services.map(({ schema }) => schema),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function emitService(service: Service, schema: string, names: Names): string {
  const name = serviceName(service.name);
  const comment = docComment(service.comment, service.deprecated, "");
  const members = service.members.map((member) => `${emitMember(member, service, schema, names)}\n`).join("");
  return `${comment}export const ${name} = {
${members}  $service: "${service.fullName}",
  get $schema(): string {
    return ${schema};
  },
} as const;

export type ${name} = typeof ${name};
`;
}

function emitSchema(service: Service, name: string): string {
  const base64 = Buffer.from(service.schema).toString("base64");
  return `// A google.protobuf.FileDescriptorSet of ${service.name} and the messages it uses.\nconst ${name} =\n  "${base64}";\n`;
}

function importMessage(
  message: DescMessage,
  file: ServiceFile,
  types: ReadonlyMap<string, GeneratedType>,
  parameters: Parameters,
  scope: ModuleScope,
): string {
  const type = types.get(message.typeName);
  if (type === undefined) throw new Error(`ts-proto has no name for ${message.typeName}`);
  const alias = parameters.modules.get(message.file.proto.name);
  const from = alias ?? relativeModule(file.name, type.module, parameters.importSuffix);
  return scope.import(from, type.name, { alias: `${type.name}Message` });
}
