import { isLocal, schemeOf } from "../naming/endpoint.js";
import { type InstanceInfo, type InstanceState, instanceKey } from "../naming/instance.js";
import { type Place, seenFrom } from "../naming/reach.js";

/** An instance as one source tells of it. */
export interface HeardInstance {
  readonly info: InstanceInfo;
  /** When the source told its load last, in milliseconds of the clock. */
  readonly heardAt: number;
}

/** An instance that a source does not tell of any more. */
export interface GoneInstance {
  readonly epoch: number;
  readonly at: number;
}

/** What one source has told. */
export interface SourceView {
  /** By `instanceKey`. */
  readonly instances: ReadonlyMap<string, HeardInstance>;
  /** By `instanceKey`. */
  readonly gone: ReadonlyMap<string, GoneInstance>;
  /** Since when it can't be asked; undefined while it can. */
  readonly lostAt: number | undefined;
}

/** One source's word on one instance. */
interface Word extends HeardInstance {
  readonly lost: boolean;
}

/** The better, the lower. */
const RANK: Readonly<Record<InstanceState, number>> = { alive: 0, stalled: 1, suspect: 2, dead: 3 };

/**
 * What several sources know together. Pure, and the order in which they were heard does not matter:
 *
 * - of one instance the newest epoch, then the newest version counts, and the best state that is told of that epoch
 * - a source that is lost keeps its word, but not against what others have said since: neither of a state, nor that the
 *   instance is gone
 * - where several of one machine claim one endpoint it belongs to one that is alive, of these to the newest; who loses
 *   all it had is an earlier life of it, and left out
 * - an entry of which only endpoints are known gives way to an instance that has one of them
 * - endpoints that can't be reached from here are set apart, see `seenFrom`
 */
export function mergeInstances(sources: readonly SourceView[], here: Place): readonly InstanceInfo[] {
  const merged = [...wordsByKey(sources).values()].map(merge);
  const named = merged.filter(({ instance }) => instance !== "");
  const owners = ownersOf(named);
  const taken = new Set(
    named.flatMap((info) =>
      info.state === "dead" ? [] : info.endpoints.map((each) => addressOf(each, info, here)),
    ),
  );
  const isOwn = (endpoint: string, info: InstanceInfo) =>
    info.instance === ""
      ? !taken.has(addressOf(endpoint, info, here))
      : owners.get(placeOf(endpoint, info)) === info;
  const result: InstanceInfo[] = [];
  for (const info of merged) {
    const endpoints = info.endpoints.filter((endpoint) => isOwn(endpoint, info));
    if (endpoints.length === info.endpoints.length) result.push(seenFrom(info, here));
    else if (endpoints.length > 0) result.push(seenFrom({ ...info, endpoints }, here));
  }
  return result;
}

function wordsByKey(sources: readonly SourceView[]): Map<string, Word[]> {
  const byKey = new Map<string, Word[]>();
  for (const source of sources) {
    const lost = source.lostAt !== undefined;
    for (const [key, heard] of source.instances) {
      if (isGone(key, heard.info, source, sources)) continue;
      const words = byKey.get(key);
      if (words === undefined) byKey.set(key, [{ ...heard, lost }]);
      else words.push({ ...heard, lost });
    }
  }
  return byKey;
}

/** The source is lost, and another one has seen the instance go since. */
function isGone(
  key: string,
  { epoch }: InstanceInfo,
  { lostAt }: SourceView,
  sources: readonly SourceView[],
): boolean {
  if (lostAt === undefined) return false;
  return sources.some((other) => {
    const gone = other.lostAt === undefined ? other.gone.get(key) : undefined;
    return gone !== undefined && gone.epoch >= epoch && gone.at >= lostAt;
  });
}

function merge(words: readonly Word[]): InstanceInfo {
  const epoch = Math.max(...words.map(({ info }) => info.epoch));
  const ofEpoch = words.filter(({ info }) => info.epoch === epoch);
  const version = Math.max(...ofEpoch.map(({ info }) => info.version));
  const { info } = ofEpoch.find((word) => word.info.version === version) ?? ofEpoch[0]!;
  if (ofEpoch.length === 1) return info;
  const current = ofEpoch.some(({ lost }) => !lost) ? ofEpoch.filter(({ lost }) => !lost) : ofEpoch;
  const state = current.map((word) => word.info.state).reduce((a, b) => (RANK[b] < RANK[a] ? b : a));
  const loaded = ofEpoch.filter((word) => word.info.load !== undefined);
  const load =
    loaded.length === 0 ? undefined : loaded.reduce((a, b) => (b.heardAt > a.heardAt ? b : a)).info.load;
  return state === info.state && load === info.load ? info : { ...info, state, load };
}

/** Which instance has each endpoint. */
function ownersOf(named: readonly InstanceInfo[]): Map<string, InstanceInfo> {
  const owners = new Map<string, InstanceInfo>();
  for (const info of named) {
    for (const endpoint of info.endpoints) {
      const place = placeOf(endpoint, info);
      const owner = owners.get(place);
      if (owner === undefined || comesBefore(info, owner)) owners.set(place, info);
    }
  }
  return owners;
}

function comesBefore(a: InstanceInfo, b: InstanceInfo): boolean {
  // The clock that epochs come from may have been set back between two lives: then the living one tells.
  if ((a.state === "alive") !== (b.state === "alive")) return a.state === "alive";
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  return instanceKey(a) > instanceKey(b);
}

/** Two machines may have the same address, each in a network of its own, and share one that balances between them. */
function placeOf(endpoint: string, { host }: InstanceInfo): string {
  return `${host} ${endpoint}`;
}

/** Where an endpoint leads from here: what can't leave a machine leads elsewhere on each. */
function addressOf(endpoint: string, { host }: InstanceInfo, here: Place): string {
  if (schemeOf(endpoint) === "memory" || !isLocal(endpoint)) return endpoint;
  // One of which nothing else is known was given by somebody here, for here.
  return `${host === "" ? here.host : host} ${endpoint}`;
}
