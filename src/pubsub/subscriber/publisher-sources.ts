import { instanceKey } from "../../naming/instance.js";
import type { InstanceSource } from "../../naming/resolver.js";
import type { Transport } from "../../rpc/transport.js";
import type { PublisherListener, PublisherSource } from "./topic-subscription.js";

const nobody = { node: "", instance: "" };

/** The one publisher that a connection leads to. */
export function connectedPublisher(transport: Transport): PublisherSource {
  return {
    watch(listener) {
      listener.found("", { transport, instance: undefined, peer: nobody });
      return () => {};
    },
  };
}

/** The publishers of a topic that discovery finds. */
export function foundPublishers(
  transport: Transport,
  directory: InstanceSource,
  topic: string,
): PublisherSource {
  return {
    watch(listener) {
      const known = new Set<string>();
      return directory.watch(topic, {
        update: (instances) => {
          const now = new Set<string>();
          for (const info of instances) {
            if (info.state === "dead") continue;
            const key = `${instanceKey(info)} ${info.epoch}`;
            now.add(key);
            known.add(key);
            const { node, instance } = info;
            // One of which only the address is known is named by that.
            listener.found(key, { transport, instance: instanceKey(info), peer: { node, instance } });
          }
          for (const key of known) if (!now.has(key)) forget(known, key, listener);
        },
        failed: () => {},
      });
    },
  };
}

function forget(known: Set<string>, key: string, listener: PublisherListener): void {
  known.delete(key);
  listener.gone(key);
}
