import { instanceInfo } from "../../naming/instance.js";
import { type Place, seenFrom } from "../../naming/reach.js";
import type { WantedProbe } from "./registry.js";

/** Whether the process that listens there lives; see `SocketFactory.probe`. */
export type Probe = (endpoint: string, timeoutMs: number) => Promise<boolean>;

/** Instances that are probed at a time; the others wait. */
const PARALLEL = 256;
/** Endpoints of one instance that are probed, all at once: any answer counts. */
const ENDPOINTS = 4;

/** Probes of instances that are silent. */
export class RegistryProbes {
  private readonly probe: Probe;
  private readonly here: Place;
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(probe: Probe, here: Place) {
    this.probe = probe;
    this.here = here;
  }

  /** Asks the link of one instance; `done` is called once. */
  ask({ registered, endpoints }: WantedProbe, timeoutMs: number, done: (answered: boolean) => void): void {
    const { announcement, state, load } = registered;
    const info = instanceInfo({ ...announcement, endpoints }, state, load);
    const reachable = seenFrom(info, this.here).endpoints.slice(0, ENDPOINTS);
    const begin = () => void this.run(reachable, timeoutMs, done);
    if (this.running < PARALLEL) begin();
    else this.waiting.push(begin);
  }

  /** Those that wait are not asked any more. */
  close(): void {
    this.waiting.length = 0;
  }

  private async run(
    endpoints: readonly string[],
    timeoutMs: number,
    done: (answered: boolean) => void,
  ): Promise<void> {
    this.running++;
    const answered = await this.anyAnswers(endpoints, timeoutMs);
    this.running--;
    done(answered);
    this.waiting.shift()?.();
  }

  /** True as soon as one does; false when none has. */
  private anyAnswers(endpoints: readonly string[], timeoutMs: number): Promise<boolean> {
    const answers = endpoints.map(async (endpoint) => {
      if (!(await this.probe(endpoint, timeoutMs))) throw new Error(`${endpoint} does not answer`);
    });
    return Promise.any(answers).then(
      () => true,
      () => false,
    );
  }
}
