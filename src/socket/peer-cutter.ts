import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { GOODBYE } from "./parts.js";
import { DialingDealer, type ListeningRouter, type ZmqSettings } from "./zmq-options.js";

/**
 * Cuts single peers off a ROUTER, for which ZeroMQ has no call. With `handover` on, a newcomer with a routing id in
 * use throws its owner out, so a decoy connects from this process with the victim's routing id and goes away.
 */
export class PeerCutter {
  readonly #router: ListeningRouter;
  readonly #settings: ZmqSettings;
  #doorway: string | undefined;

  constructor(router: ListeningRouter, settings: ZmqSettings) {
    this.#router = router;
    this.#settings = settings;
  }

  /** Throws the peer out. All of it happens in this call, so no other peer can use the open door. */
  cut(routingId: Uint8Array): void {
    const router = this.#router;
    const doorway = this.#openDoorway();
    const decoy = new DialingDealer(this.#settings, Buffer.from(routingId), false);
    try {
      router.handover = true;
      decoy.connect(doorway);
      // Asking for the state makes the router take in the newcomer now.
      void router.readable;
    } finally {
      router.handover = false;
      decoy.close();
    }
    this.#wakeReceiver();
  }

  #openDoorway(): string {
    if (this.#doorway === undefined) {
      const doorway = `inproc://heliograph.cut.${randomUUID()}`;
      this.#router.bindSync(doorway);
      this.#doorway = doorway;
    }
    return this.#doorway;
  }

  /**
   * Asking for the state has swallowed the signal a pending receive waits for; every send, even one that fails,
   * makes the binding look again.
   */
  #wakeReceiver(): void {
    this.#router.send([randomUUID(), GOODBYE]).catch(() => {});
  }
}
