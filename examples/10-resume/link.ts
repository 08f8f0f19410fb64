import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can be cut: it passes bytes on, both ways. */
export interface Link extends AsyncDisposable {
  readonly endpoint: string;
  /** How many connections went over it. */
  readonly connections: number;
  /** Breaks the connections that there are. Later ones pass. */
  cut(): void;
}

export async function startLink(target: string): Promise<Link> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(Number(port), hostname);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
    },
  };
}
