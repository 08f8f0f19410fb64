import { Packet } from "../../src/gen/heliograph/wire/v1/wire.js";
import type { SocketFactory } from "../../src/index.js";

/** Where in a conversation the connection breaks: at the nth frame of that kind and direction, before or after it. */
export interface Place {
  readonly direction: "in" | "out";
  readonly kind: number;
  readonly nth: number;
  readonly when: "before" | "after";
}

/** Sockets whose first connection breaks at a place; those after it hold. */
export interface CutNetwork {
  readonly sockets: SocketFactory;
  /** Whether it came to that. */
  readonly cut: boolean;
}

/** Stands between a client and its sockets. To both ends the cut is that of a connection whose peer has gone. */
export function cutNetwork(inner: SocketFactory, place: Place): CutNetwork {
  let cut = false;
  let seen = 0;
  /** Whether the frame of the place is in the message. */
  const reached = (direction: "in" | "out", parts: readonly Uint8Array[]): boolean => {
    if (cut || direction !== place.direction) return false;
    for (const { kind } of framesOf(parts)) if (kind === place.kind && ++seen === place.nth) return true;
    return false;
  };

  const dial: SocketFactory["dial"] = (endpoint, events, options) => {
    const breakOff = () => {
      cut = true;
      over = true;
      void dialer.close();
    };
    let over = false;
    const dialer = inner.dial(
      endpoint,
      {
        opened: () => events.opened(),
        message(parts, bytes) {
          const here = reached("in", parts);
          if (here && place.when === "before") breakOff();
          else {
            events.message(parts, bytes);
            if (here) breakOff();
          }
        },
        closed: (reason, cause) => events.closed(over ? "disconnected" : reason, cause),
      },
      options,
    );
    return {
      send(parts) {
        const here = reached("out", parts);
        if (here && place.when === "before") breakOff();
        const bytes = dialer.send(parts);
        if (here && place.when === "after") breakOff();
        return bytes;
      },
      close: (closeOptions) => dialer.close(closeOptions),
      [Symbol.asyncDispose]: () => dialer.close(),
    };
  };

  return {
    sockets: { listen: (endpoint, events) => inner.listen(endpoint, events), dial },
    get cut() {
      return cut;
    },
  };
}

function framesOf([packet]: readonly Uint8Array[]): readonly { readonly kind: number }[] {
  return packet === undefined || packet.length === 0 ? [] : Packet.decode(packet).frames;
}
