import { isLocal, schemeOf } from "../../naming/endpoint.js";
import { type InstanceInfo, type InstanceState, instanceKey } from "../../naming/instance.js";
import { boundAt, type Place, seenFrom } from "../../naming/reach.js";

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
  const merged = sources.length === 1 ? soleWords(sources[0]!) : [...wordsByKey(sources).values()].map(merge);
  const owners = ownersOf(merged);
  const taken = addressesOf(merged, here);
  const isOwn = (endpoint: string, info: InstanceInfo) => {
    if (info.instance === "") return !taken.has(addressOf(endpoint, info, here));
    const place = boundAt(endpoint, info);
    return place === undefined || (owners.get(place) ?? info) === info;
  };
  const result: InstanceInfo[] = [];
  for (const info of merged) {
    const endpoints =
      owners.size > 0 || taken.size > 0 ? info.endpoints.filter((each) => isOwn(each, info)) : info.endpoints;
    if (endpoints.length === info.endpoints.length) result.push(seenFrom(info, here));
    else if (endpoints.length > 0) result.push(seenFrom({ ...info, endpoints }, here));
  }
  return result;
}

function soleWords({ instances }: SourceView): InstanceInfo[] {
  return [...instances.values()].map(({ info }) => info);
}

function wordsByKey(sources: readonly SourceView[]): Map<string, Word[]> {
  const byKey = new Map<string, Word[]>();
  for (const source of sources) {
    const lost = source.lostAt !== undefined;
    for (const [key, { info, heardAt }] of source.instances) {
      if (isGone(key, info, source, sources)) continue;
      const word = { info, heardAt, lost };
      const words = byKey.get(key);
      if (words === undefined) byKey.set(key, [word]);
      else words.push(word);
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
  const { info } = words.reduce(newer);
  if (words.length === 1) return info;
  const current = words.some((word) => !word.lost && word.info.epoch === info.epoch);
  let state: InstanceState | undefined;
  let loaded: Word | undefined;
  for (const word of words) {
    if (word.info.epoch !== info.epoch) continue;
    const told = word.info.state;
    if (!(current && word.lost) && (state === undefined || RANK[told] < RANK[state])) state = told;
    if (word.info.load !== undefined && (loaded === undefined || word.heardAt > loaded.heardAt))
      loaded = word;
  }
  const load = loaded?.info.load;
  return state === info.state && load === info.load ? info : { ...info, state: state ?? info.state, load };
}

/** Of two that are equally new the first. */
function newer(a: Word, b: Word): Word {
  if (a.info.epoch !== b.info.epoch) return b.info.epoch > a.info.epoch ? b : a;
  return b.info.version > a.info.version ? b : a;
}

/** Which instance has each endpoint that several announce. */
function ownersOf(merged: readonly InstanceInfo[]): Map<string, InstanceInfo> {
  const claimed = new Set<string>();
  const shared = new Set<string>();
  for (const { instance, endpoints } of merged) {
    if (instance === "") continue;
    for (const endpoint of endpoints) {
      if (claimed.has(endpoint)) shared.add(endpoint);
      claimed.add(endpoint);
    }
  }
  const owners = new Map<string, InstanceInfo>();
  if (shared.size === 0) return owners;
  for (const info of merged) {
    if (info.instance === "") continue;
    for (const endpoint of info.endpoints) {
      if (!shared.has(endpoint)) continue;
      const place = boundAt(endpoint, info);
      if (place === undefined) continue;
      const owner = owners.get(place);
      if (owner === undefined || comesBefore(info, owner)) owners.set(place, info);
    }
  }
  return owners;
}

/** Where instances that are not dead can be reached, if there are entries that may lead to the same. */
function addressesOf(merged: readonly InstanceInfo[], here: Place): Set<string> {
  if (merged.every(({ instance }) => instance !== "")) return new Set();
  const named = merged.filter(({ instance, state }) => instance !== "" && state !== "dead");
  return new Set(named.flatMap((info) => info.endpoints.map((endpoint) => addressOf(endpoint, info, here))));
}

/**
 * Which of two instances of one machine has what both announce. Two machines may have the same address, each in a network
 * of its own, or share one that balances between them.
 */
function comesBefore(a: InstanceInfo, b: InstanceInfo): boolean {
  // The clock that epochs come from may have been set back between two lives: then the living one tells.
  if ((a.state === "alive") !== (b.state === "alive")) return a.state === "alive";
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  return instanceKey(a) > instanceKey(b);
}

/** Where an endpoint leads from here: what can't leave a machine leads elsewhere on each. */
function addressOf(endpoint: string, { host }: InstanceInfo, here: Place): string {
  if (schemeOf(endpoint) === "memory" || !isLocal(endpoint)) return endpoint;
  // One of which nothing else is known was given by somebody here, for here.
  return `${host === "" ? here.host : host} ${endpoint}`;
}
