import { Buffer } from "node:buffer";
import type { Clock } from "../../core/clock.js";
import { codeName } from "../../core/code.js";
import { announcementMessage, loadMessage } from "../../discovery/announcement-message.js";
import type { MethodStats } from "../../gen/heliograph/node/v1/node.js";
import type { NodeService } from "../../gen/heliograph/node/v1/node_heliograph.js";
import type { Announcement, Load } from "../../naming/instance.js";
import type { MethodCounts } from "../../rpc/server/method-stats.js";
import type { ServingCounts } from "../../rpc/server/serving.js";
import type { Handlers } from "../../rpc/types.js";
import type { ServiceDefinition, Topic } from "../../wire/definition.js";
import { VERSIONS } from "../../wire/handshake.js";
import { schemaHash } from "../../wire/schema-hash.js";
import { runtimeName } from "../description.js";
import type { ResolverLink } from "../resolver-links.js";

/** What a node's own service tells of it. */
export interface NodeVerbsHost {
  readonly clock: Clock;
  /** How its connections are protected. */
  readonly security: string;
  readonly serving: {
    /** Clients that are connected. */
    readonly sessions: number;
    readonly definitions: readonly ServiceDefinition[];
    /** Of any service that it serves, the kit's own too. */
    definition(name: string): ServiceDefinition | undefined;
    counts(): ServingCounts;
    resetCounts(): void;
  };
  readonly topics: {
    /** What it publishes. */
    readonly definitions: readonly Topic[];
  };
  announcement(): Announcement;
  load(): Load;
  /** Where it registers. */
  registries(): readonly ResolverLink[];
}

/** What every node answers when it is asked about itself. */
export function nodeVerbs(host: NodeVerbsHost): Handlers<NodeService> {
  const { clock, serving, topics } = host;
  return {
    ping: () => ({ timeUs: BigInt(clock.wallUs()) }),

    info() {
      const announcement = host.announcement();
      return {
        announcement: announcementMessage(announcement),
        load: loadMessage(host.load()),
        uptimeMs: whole((clock.wallUs() - announcement.epoch) / 1_000),
        resolvers: host.registries().map((link) => ({ ...link })),
        security: host.security,
        runtime: runtimeName(),
        protocolVersions: [...VERSIONS],
      };
    },

    stats({ reset }) {
      const { sinceUs, methods } = serving.counts();
      if (reset) serving.resetCounts();
      return {
        sinceUs: BigInt(sinceUs),
        methods: methods.map(methodStats),
        load: loadMessage(host.load()),
        sessions: serving.sessions,
      };
    },

    schema({ services }) {
      const published = publishedServices(topics.definitions);
      const names =
        services.length === 0
          ? new Set([...serving.definitions.map(({ $service }) => $service), ...published.keys()])
          : new Set(services);
      return {
        services: [...names].flatMap((name) => {
          const schema = serving.definition(name)?.$schema ?? published.get(name);
          if (schema === undefined) return [];
          return { name, hash: schemaHash(schema), descriptorSet: Buffer.from(schema, "base64") };
        }),
      };
    },
  };
}

/** The schemas of the services whose topics these are, by their names. */
function publishedServices(topics: readonly Topic[]): ReadonlyMap<string, string> {
  return new Map(topics.map(({ service, schema }) => [service, schema]));
}

/** The counts of a method as they travel. */
export function methodStats(counts: MethodCounts): MethodStats {
  const { path, calls, inFlight, errors, requestBytes, responseBytes, latency } = counts;
  return {
    method: path,
    calls: BigInt(calls),
    inFlight,
    errors: new Map([...errors].map(([code, count]) => [codeName(code), BigInt(count)])),
    requestBytes: BigInt(requestBytes),
    responseBytes: BigInt(responseBytes),
    latency: {
      boundsUs: latency.boundsUs.map(BigInt),
      counts: latency.counts.map(BigInt),
      sumUs: whole(latency.sumUs),
      maxUs: whole(latency.maxUs),
    },
  };
}

function whole(value: number): bigint {
  return BigInt(Math.max(0, Math.round(value)));
}
