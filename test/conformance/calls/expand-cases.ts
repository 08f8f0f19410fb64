import { ClientCase } from "../../gen/heliograph/conformance/v1/runner.js";
import {
  ConformanceRequest,
  ConformanceResponse,
  ResponseDefinition,
} from "../../gen/heliograph/conformance/v1/service.js";
import type { CaseGroup, CaseTemplate, Kind } from "./case-file.js";
import { bytesOf, codecOf, compressionOf, frameOf, metadataOf, statusOf } from "./case-values.js";
import { type ExpectedResult, expectedResult } from "./expected-result.js";
import { checkNames, readCaseFiles } from "./read-case-files.js";

/** A case that can be run. */
export interface ConformanceCase {
  readonly name: string;
  /** What the client program is told; the endpoint is that of the server that the case needs. */
  readonly call: ClientCase;
  readonly expected: ExpectedResult;
  /** The side that speaks the wire by hand, in the place of the program. */
  readonly raw: "client" | "server" | undefined;
  readonly transport: "tcp" | "ipc";
  /** The largest message that the server is to accept. */
  readonly serverLimit: number | undefined;
}

const SERVICE = "heliograph.conformance.v1.ConformanceService";
const methods: Record<Kind, string> = {
  unary: "Unary",
  "idempotent-unary": "IdempotentUnary",
  "server-stream": "ServerStream",
  "client-stream": "ClientStream",
  "bidi-half": "BidiStream",
  "bidi-full": "BidiStream",
};

/** All cases of all files, each with a name of its own. */
export function allCases(): ConformanceCase[] {
  const cases = readCaseFiles().flatMap(expandGroup);
  const seen = new Set<string>();
  for (const { name } of cases) {
    if (seen.has(name)) throw new Error(`two cases are named ${name}`);
    seen.add(name);
  }
  return cases;
}

/** The cases of one file: one for each kind, codec, transport and value of `each`. */
export function expandGroup({ group, cases }: CaseGroup): ConformanceCase[] {
  for (const template of cases) checkNames(template);
  return cases.flatMap((template) =>
    template.kinds.flatMap((kind) =>
      variants(template).flatMap(({ suffix, template: variant }) =>
        (variant.transports ?? ["tcp"]).flatMap((transport) =>
          (variant.codecs ?? ["protobuf"]).map((codec) => {
            const name = [
              group,
              kind,
              template.name,
              ...suffix,
              ...(variant.transports === undefined ? [] : [transport]),
              ...(variant.codecs === undefined ? [] : [codec]),
            ].join("/");
            return makeCase(name, kind, codec, transport === "ipc" ? "ipc" : "tcp", variant);
          }),
        ),
      ),
    ),
  );
}

interface Variant {
  readonly suffix: readonly string[];
  readonly template: CaseTemplate;
}

/** One variant for each combination of the values of `each`. */
function variants(template: CaseTemplate): Variant[] {
  let found: Variant[] = [{ suffix: [], template }];
  for (const [name, values] of Object.entries(template.each ?? {})) {
    found = found.flatMap((variant) =>
      values.map((value) => ({
        suffix: [...variant.suffix, String(value).toLowerCase().replaceAll("_", "-")],
        template: replaced(variant.template, `$${name}`, value) as CaseTemplate,
      })),
    );
  }
  return found;
}

function replaced(value: unknown, from: string, to: unknown): unknown {
  if (value === from) return to;
  if (Array.isArray(value)) return value.map((each) => replaced(each, from, to));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each, from, to)]));
}

function makeCase(
  name: string,
  kind: Kind,
  codec: string,
  transport: "tcp" | "ipc",
  template: CaseTemplate,
): ConformanceCase {
  const requests = requestsOf(kind, template);
  const call = ClientCase.create({
    name,
    method: template.method ?? `${SERVICE}/${methods[kind]}`,
    codec: codecOf(codec),
    compression: compressionOf(template.compression),
    timeoutMs: template.timeoutMs,
    metadata: metadataOf(template.metadata),
    requests,
    requestDelayMs: template.requestDelayMs ?? 0,
    cancel: cancelOf(template.cancel),
    messageBytes: template.limit?.client,
    raw: template.raw?.map(frameOf) ?? [],
  });
  return {
    name,
    call,
    expected: expectedResult(kind, call, template.expect),
    raw: template.raw !== undefined ? "client" : template.respond?.raw !== undefined ? "server" : undefined,
    transport,
    serverLimit: template.limit?.server,
  };
}

function cancelOf(cancel: CaseTemplate["cancel"]): ClientCase["cancel"] {
  if (cancel === undefined) return undefined;
  const [timing] = Object.entries(cancel);
  if (timing === undefined) return undefined;
  const [$case, value] = timing;
  return { timing: { $case, value } as NonNullable<ClientCase["cancel"]>["timing"] };
}

function requestsOf(kind: Kind, template: CaseTemplate): ConformanceRequest[] {
  const times = kind === "server-stream" ? 1 : template.repeat;
  const requests = repeated(template.requests ?? ["request"], times).map((data) =>
    ConformanceRequest.create({ data: bytesOf(data) }),
  );
  const [first] = requests;
  if (first !== undefined && template.respond !== null) first.definition = definitionOf(kind, template);
  const limit = template.limit?.server ?? 0;
  for (const [index, beyond] of (template.requestSizes ?? []).entries()) {
    const request = requests[index];
    if (request === undefined) throw new Error(`${template.name}: there is no request ${index}`);
    fill(request, limit + beyond, (message) => ConformanceRequest.encode(message).finish().length);
  }
  return requests;
}

function repeated<T>(items: readonly T[], times = 1): T[] {
  return Array.from({ length: times }, () => items).flat();
}

function definitionOf(kind: Kind, template: CaseTemplate): ResponseDefinition {
  const { metadata, data, delayMs, error, trailers, withoutInfo, compression, raw } = template.respond ?? {};
  const definition = ResponseDefinition.create({
    metadata: metadataOf(metadata),
    data: repeated(data ?? [], template.repeat).map(bytesOf),
    delayMs: delayMs ?? 0,
    error: error && statusOf(error),
    trailers: metadataOf(trailers),
    fullDuplex: kind === "bidi-full",
    withoutInfo: withoutInfo ?? false,
    compression: compressionOf(compression),
    raw: raw?.map(frameOf) ?? [],
  });
  const limit = template.limit?.client ?? 0;
  for (const beyond of template.responseSizes ?? []) {
    const response = ConformanceResponse.create();
    fill(response, limit + beyond, (message) => ConformanceResponse.encode(message).finish().length);
    definition.data.push(response.data);
  }
  return definition;
}

/** Lengthens the message's data until it has so many bytes. */
function fill<T extends { data: Uint8Array }>(
  message: T,
  bytes: number,
  length: (message: T) => number,
): void {
  message.data = bytesOf({ bytes });
  message.data = message.data.subarray(0, bytes - (length(message) - bytes));
  if (length(message) !== bytes) throw new Error(`a message can't have exactly ${bytes} bytes`);
}
