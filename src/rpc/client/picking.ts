import { invalidArgument } from "../../core/error.js";
import type { Balancer, PickedCall, Picker, PickerParts } from "../../naming/balancer.js";
import { warn } from "../../socket/warn.js";
import { showValue } from "../../wire/show-value.js";
import { ChannelMember } from "./channel-member.js";
import type { ClientCall } from "./client-call.js";

/** The pickers of one service: that of most of its calls, and those of balancers that calls name themselves. */
export class Picking {
  private readonly usual: Picker;
  private readonly parts: PickerParts;
  private readonly others = new WeakMap<Balancer, Picker>();
  /** Handed to each picker in turn, for calls are many. */
  private readonly shown: { -readonly [K in keyof PickedCall]: PickedCall[K] };
  /** Calls for which their picker chose nobody when it was asked last. */
  private readonly unchosen = new WeakSet<ClientCall>();
  private someUnchosen = false;

  constructor(usual: Picker, parts: PickerParts) {
    this.usual = usual;
    this.parts = parts;
    this.shown = { path: "", request: undefined, metadata: undefined };
  }

  private of({ options: { balancer } }: ClientCall): Picker {
    if (balancer === undefined) return this.usual;
    let picker = this.others.get(balancer);
    if (picker === undefined) {
      picker = balancer.picker(this.parts);
      this.others.set(balancer, picker);
    }
    return picker;
  }

  /**
   * Throws what the picker throws.
   *
   * @throws HeliographError INVALID_ARGUMENT for what is no candidate
   */
  choose(candidates: readonly ChannelMember[], call: ClientCall): ChannelMember | undefined {
    const { shown } = this;
    shown.path = call.method.path;
    shown.request = call.message;
    shown.metadata = call.metadata;
    const chosen = this.of(call).pick(candidates, shown);
    shown.request = undefined;
    this.note(call, chosen !== undefined);
    if (chosen === undefined || chosen instanceof ChannelMember) return chosen;
    throw invalidArgument(
      `${call.method.path}: pick() of a balancer must return one of its candidates, or undefined to let the call wait, got ${showValue(chosen)}`,
    );
  }

  /** The picker was asked for this call, and chose none of the candidates the last time. */
  choseNobody(call: ClientCall): boolean {
    return this.unchosen.has(call);
  }

  /** It goes to a candidate. */
  sends(call: ClientCall, member: ChannelMember): void {
    if (this.of(call).ended === undefined) return;
    call.sentTo = member;
    call.sentAt = this.parts.clock.now();
  }

  /** A call has ended that may have been sent. */
  ended(call: ClientCall): void {
    // Chosen for alone, it says nothing of the instance.
    if (call.sentTo === undefined || call.session === undefined) return;
    const ms = call.method.definition.kind === "unary" ? this.parts.clock.now() - call.sentAt : undefined;
    try {
      this.of(call).ended?.(call.sentTo, call.outcome, ms);
    } catch (error) {
      warn(error);
    }
  }

  private note(call: ClientCall, chosen: boolean): void {
    if (!chosen) {
      this.unchosen.add(call);
      this.someUnchosen = true;
    } else if (this.someUnchosen) this.unchosen.delete(call);
  }
}
