import type { Clock } from "../../core/clock.js";
import type { DeadlineWheel } from "../../core/deadline-wheel.js";
import type { Picker, PickerParts } from "../../naming/balancer.js";
import type { InstanceSource } from "../../naming/resolver.js";
import type { StreamCredit } from "../../wire/limits.js";
import type { UsedService } from "../transport.js";
import type { LinkPool } from "./link.js";

/** What a channel is made of. */
export interface ChannelParts {
  readonly service: UsedService;
  /** Every instance serves it, and none says so. */
  readonly everywhere: boolean;
  readonly source: InstanceSource;
  readonly links: LinkPool;
  readonly picker: Picker;
  readonly pickerParts: PickerParts;
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
  readonly connectTimeoutMs: number;
  readonly credit: { readonly first: StreamCredit; readonly most: StreamCredit };
  readonly messageBytes: number;
}
