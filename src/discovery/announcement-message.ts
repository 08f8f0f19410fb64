import { Code } from "../core/code.js";
import { HeliographError } from "../core/error.js";
import {
  type Announcement as AnnouncementMessage,
  Condition as ConditionValue,
  type Instance as InstanceMessage,
  type Load as LoadMessage,
  State as StateValue,
} from "../gen/heliograph/discovery/v1/registry.js";
import {
  type Announcement,
  type Condition,
  type InstanceInfo,
  type InstanceState,
  instanceInfo,
  type Load,
} from "../naming/instance.js";
import { showValue } from "../wire/show-value.js";
import { sharedText } from "./shared-text.js";

const CONDITION_VALUES: Readonly<Record<Condition, ConditionValue>> = {
  serving: ConditionValue.CONDITION_SERVING,
  paused: ConditionValue.CONDITION_PAUSED,
  draining: ConditionValue.CONDITION_DRAINING,
};
const STATE_VALUES: Readonly<Record<InstanceState, StateValue>> = {
  alive: StateValue.STATE_ALIVE,
  stalled: StateValue.STATE_STALLED,
  suspect: StateValue.STATE_SUSPECT,
  dead: StateValue.STATE_DEAD,
};
const noLabels: Announcement["labels"] = Object.freeze({});
const CONDITIONS = named(CONDITION_VALUES);
const STATES = named(STATE_VALUES);

/** An announcement as it travels. */
export function announcementMessage(announcement: Announcement): AnnouncementMessage {
  const { node, instance, epoch, version, endpoints, services, labels, host, condition, kit, processId } =
    announcement;
  return {
    node,
    instance,
    epoch: BigInt(epoch),
    version: BigInt(version),
    endpoints: [...endpoints],
    services: services.map(({ name, schemaHash }) => ({ name, schemaHash })),
    labels: new Map(Object.entries(labels)),
    host,
    condition: CONDITION_VALUES[condition],
    kit,
    processId,
  };
}

/**
 * What an announcement that has arrived says. How much it may say is for its reader to decide.
 *
 * @param code of the error: INVALID_ARGUMENT for a request, INTERNAL for an answer
 * @throws HeliographError with `code`, reason MALFORMED_MESSAGE, for a condition that is not known and a number that is
 *   not below 2^53
 */
export function readAnnouncement(
  message: AnnouncementMessage,
  code: Code = Code.InvalidArgument,
): Announcement {
  const { node, instance, endpoints, services, labels, host, kit, processId } = message;
  return {
    node,
    instance,
    epoch: readInteger("Announcement.epoch", message.epoch, code),
    version: readInteger("Announcement.version", message.version, code),
    // Copies have no room to grow, and what has arrived has room for sixteen more.
    endpoints: [...endpoints],
    services: services.map(({ name, schemaHash }) => ({
      name: sharedText(name),
      schemaHash: sharedText(schemaHash),
    })),
    labels: labels.size === 0 ? noLabels : Object.fromEntries(labels),
    host: sharedText(host),
    condition: known("Announcement.condition", CONDITIONS, message.condition, code),
    kit: sharedText(kit),
    processId,
  };
}

/** A load as it travels. Whole numbers are rounded. */
export function loadMessage({ loopLagMs, loopUtilization, callsInFlight, memoryBytes }: Load): LoadMessage {
  return {
    loopLagMs,
    loopUtilization,
    callsInFlight: Math.round(callsInFlight),
    memoryBytes: BigInt(Math.round(memoryBytes)),
  };
}

/**
 * What a load that has arrived says.
 *
 * @param code of the error: INVALID_ARGUMENT for a request, INTERNAL for an answer
 * @throws HeliographError with `code`, reason MALFORMED_MESSAGE, for a lag that is not 0 or more, a utilization that is
 *   not between 0 and 1, and bytes that are not below 2^53
 */
export function readLoad(message: LoadMessage, code: Code = Code.InvalidArgument): Load {
  const { loopLagMs, loopUtilization, callsInFlight } = message;
  if (!(loopLagMs >= 0 && loopLagMs < Infinity)) {
    throw malformed(`Load.loop_lag_ms must be 0 or more, got ${loopLagMs}`, code);
  }
  if (!(loopUtilization >= 0 && loopUtilization <= 1)) {
    throw malformed(`Load.loop_utilization must be between 0 and 1, got ${loopUtilization}`, code);
  }
  return {
    loopLagMs,
    loopUtilization,
    callsInFlight,
    memoryBytes: readInteger("Load.memory_bytes", message.memoryBytes, code),
  };
}

/** An instance as it travels. `heardMsAgo` is how long ago it was heard. */
export function instanceMessage(info: InstanceInfo, heardMsAgo: number): InstanceMessage {
  return {
    announcement: announcementMessage(info),
    state: stateValue(info.state),
    load: info.load === undefined ? undefined : loadMessage(info.load),
    heardMsAgo: readableMs(heardMsAgo),
  };
}

/**
 * What an instance that has arrived says.
 *
 * @throws HeliographError INTERNAL, reason MALFORMED_MESSAGE, for a state or condition that is not known, and as
 *   `readAnnouncement` and `readLoad` do
 */
export function readInstance(message: InstanceMessage): InstanceInfo {
  const { announcement, state, load } = message;
  if (announcement === undefined) throw malformed("Instance.announcement is missing", Code.Internal);
  return instanceInfo(
    readAnnouncement(announcement, Code.Internal),
    known("Instance.state", STATES, state, Code.Internal),
    load === undefined ? undefined : readLoad(load, Code.Internal),
  );
}

/** The number of a state. */
export function stateValue(state: InstanceState): StateValue {
  return STATE_VALUES[state];
}

/** A time that has passed, as `heard_ms_ago` takes it. */
export function readableMs(ms: number): number {
  return Math.min(Math.max(0, Math.round(ms)), 0xffffffff);
}

function named<K extends string, V extends number>(values: Readonly<Record<K, V>>): ReadonlyMap<number, K> {
  return new Map(Object.entries<V>(values).map(([name, value]) => [value, name as K]));
}

function known<T>(field: string, names: ReadonlyMap<number, T>, value: number, code: Code): T {
  const name = names.get(value);
  if (name === undefined) throw malformed(`${field} has a value that is not known here: ${value}`, code);
  return name;
}

function readInteger(field: string, value: bigint, code: Code): number {
  const read = Number(value);
  if (Number.isSafeInteger(read)) return read;
  throw malformed(`${field} must be below 2^53, got ${showValue(value)}`, code);
}

function malformed(problem: string, code: Code): HeliographError {
  return new HeliographError(code, problem, { reason: "MALFORMED_MESSAGE" });
}
