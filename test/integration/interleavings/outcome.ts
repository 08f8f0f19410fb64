import { getEventListeners } from "node:events";
import { Code, codeName, HeliographError } from "../../../src/index.js";
import type { ScheduledLink } from "../../support/scheduled-link.js";
import type { Caller, Ending } from "./caller.js";
import type { Feed } from "./feed.js";
import type { Handling } from "./handling.js";
import { resumes } from "./wire-call.js";
import type { WireSession } from "./wire-session.js";
import type { World } from "./world.js";

/** How long a call waits for a connection. */
const CONNECT_MS = 2_000;

/** Whether what a caller was told of its call's end can be true. */
export function checkEnding(world: World, caller: Caller): void {
  const { token, ending } = caller;
  if (ending === undefined) {
    world.fault(`${token} never ended`);
    return;
  }
  world.saw(nameOf(ending));
  const faults: string[][] = [];
  for (const handling of [...world.heard(token), undefined]) {
    // Whether it ended without any handler is only asked when there is none.
    if (handling === undefined && faults.length > 0) break;
    const found: string[] = [];
    const fault = (what: string) => void found.push(what);
    if (ending.kind === "answered") checkAnswered(caller, handling, fault);
    else if (ending.kind === "failed") checkError(world, caller, handling, ending.error, fault);
    faults.push(found);
  }
  // One handler has to explain it.
  if (faults.every((found) => found.length > 0))
    for (const what of faults.at(-1) ?? []) world.fault(`the end of ${token}: ${what}`);
}

function nameOf(ending: Ending): string {
  return ending.kind === "failed" ? ending.error.reason || codeName(ending.error.code) : ending.kind;
}

/** Whether a call left nothing behind with its caller's things. */
export function checkLeft(world: World, { token, feed, signal }: Caller): void {
  checkFeed(world, token, feed);
  if (getEventListeners(signal, "abort").length > 0)
    world.fault(`${token}: a listener was left on its signal`);
}

/** The same for its handler's. */
export function checkLeftHandler(world: World, { token, feed, reading }: Handling): void {
  checkFeed(world, token, feed);
  if (reading) world.fault(`${token} is over, but its handler still waits for a request`);
}

function checkFeed(world: World, token: string, feed: Feed | undefined): void {
  if (feed?.started === true && feed.over === undefined && feed.form !== "bare iterator")
    world.fault(`${token}: nobody told its messages that no more are wanted`);
}

/** Whether the handlers of a call that has ended for its caller know of it. */
export function checkHandlers(world: World, { token, ending, keyed, kind }: Caller): void {
  if (ending === undefined) return;
  // That of a call with a key, or of a stream that resumes, goes on without a caller, who may come back.
  const lasting = keyed || (resumes(kind) && !isCancelled(world, token));
  if (lasting && !world.nodeClosed) return;
  const left = world.allHandlings.filter((each) => each.token === token && !each.over && !each.gone);
  if (left.length > 0) world.fault(`${token} is over, but its handler was not told`);
}

/** The server has heard that nobody wants the last call of this token. */
function isCancelled(world: World, token: string): boolean {
  const [link, session] = sessionsOf(world, token).at(-1) ?? [];
  const call = [...(session?.calls.values() ?? [])].findLast((each) => each.token === token);
  return link?.broken === false && call?.cancelDelivered === true;
}

/** The connections on which this call was sent, with what was seen on them. */
export function sessionsOf(world: World, token: string): [ScheduledLink, WireSession][] {
  return [...world.sessions].filter(([, { calls }]) =>
    [...calls.values()].some((call) => call.token === token),
  );
}

function checkAnswered(caller: Caller, handling: Handling | undefined, fault: (what: string) => void): void {
  if (handling === undefined) {
    fault("it was answered, but never handled");
    return;
  }
  checkMetadata(caller, handling, fault);
  const { feed, finished } = handling;
  if (feed === undefined) {
    if (finished !== "answered") fault("it was answered, but not by its handler");
  } else if (feed.ended !== "end") fault("it was answered in full, but its handler did not end so");
  else if (caller.received !== feed.sizes.length)
    fault(`it was answered in full, with ${caller.received} of ${feed.sizes.length} messages`);
}

function checkError(
  world: World,
  caller: Caller,
  handling: Handling | undefined,
  error: unknown,
  fault: (what: string) => void,
): void {
  if (!(error instanceof HeliographError)) {
    fault(`it failed with ${String(error)}`);
    return;
  }
  if (error.notProcessed && handling !== undefined) fault(`not processed, but it was: ${error.message}`);
  const wrong = () => fault(`it had no reason for ${error.reason || "-"}: ${error.message}`);
  switch (error.code) {
    case Code.Cancelled:
      if (!caller.aborted && !caller.left && world.parties[caller.connection]?.closing === undefined) wrong();
      return;
    case Code.DeadlineExceeded:
      if (caller.endedAt < caller.deadline) wrong();
      return;
    case Code.Unavailable:
      if (!world.disturbed && caller.endedAt < caller.startedAt + CONNECT_MS) wrong();
      return;
    case Code.DataLoss:
      if (!resumes(caller.kind) || !world.disturbed) wrong();
      return;
    case Code.Aborted:
      if (handling?.finished !== "failed") wrong();
      else checkBeforeError(caller, handling, fault);
      return;
    case Code.Unknown:
      if (caller.feed?.ended === "fail") return;
      if (handling?.finished !== "crashed") wrong();
      else checkBeforeError(caller, handling, fault);
      return;
    default:
      wrong();
  }
}

/** Messages that arrived before an error come before it. */
function checkBeforeError(caller: Caller, handling: Handling, fault: (what: string) => void): void {
  checkMetadata(caller, handling, fault);
  const { feed } = handling;
  if (feed !== undefined && caller.received !== feed.sizes.length) {
    fault(`its error came after ${caller.received} of ${feed.sizes.length} messages`);
  }
}

/** What a handler sends along comes once, whether it answers or fails. */
function checkMetadata(caller: Caller, { labelled }: Handling, fault: (what: string) => void): void {
  const expected = labelled ? 1 : 0;
  const { headers, trailers, attempts, ending, hedged } = caller;
  // Of attempts that overlap and fail, which one's is shown is not defined.
  if (hedged && ending?.kind === "failed") return;
  // Between attempts, what comes before the first answer is only known of one that has an answer.
  const unknown = attempts > 1 && ending?.kind === "failed" && headers === 0;
  if (trailers !== expected || (headers !== expected && !unknown))
    fault(`metadata came ${headers} times before, ${trailers} times with it, not ${expected}`);
}
