import type { HeliographError } from "../../core/error.js";
import type { ChannelMember } from "./channel-member.js";
import { type Absence, explainAbsence, noInstance, ofCall } from "./no-instance.js";

/**
 * What the calls can expect that wait for one instance, or for any: found out once for all of them, each time that
 * something has changed.
 */
export class Outlook {
  private readonly absence: Absence;
  /** Whom they wait for. */
  private readonly members: readonly ChannelMember[];
  private readonly known: { isHopeful?: boolean; unfit?: HeliographError | null; why?: string } = {};

  constructor(absence: Omit<Absence, "members">, members: readonly ChannelMember[]) {
    this.absence = { ...absence, members };
    this.members = members;
  }

  /** One of them may become eligible in a moment. */
  get isHopeful(): boolean {
    this.known.isHopeful ??= this.members.some(({ underWay }) => underWay);
    return this.known.isHopeful;
  }

  /** Why nobody can be called, and what to do. */
  get why(): string {
    this.known.why ??= explainAbsence(this.absence);
    return this.known.why;
  }

  /** For one of the calls. */
  error(path: string): HeliographError {
    this.known.unfit ??= this.unfit() ?? null;
    const { unfit } = this.known;
    return unfit === null ? noInstance(path, this.why, this.absence.failure) : ofCall(path, unfit);
  }

  /** Why none of them will ever take such calls; the first one's word. */
  private unfit(): HeliographError | undefined {
    let first: HeliographError | undefined;
    for (const { unfit } of this.members) {
      if (unfit === undefined) return undefined;
      first ??= unfit;
    }
    return first;
  }
}
