import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Towards the endpoint behind the link, or away from it. */
export type LinkDirection = "up" | "down";

/** A TCP proxy that can be parted: what is under way then waits, and nothing tells either side so. */
export interface CuttableLink extends AsyncDisposable {
  readonly endpoint: string;
  /** Gives it the endpoint behind it; what is connected before that gets no answer until then. */
  leadTo(endpoint: string): void;
  /**
   * Lets nothing through in these directions any more: neither bytes nor the end of a connection. A connection that is
   * made now gets no answer. Default: both directions.
   */
  part(...directions: readonly LinkDirection[]): void;
  /** Lets everything through again; what has waited arrives, unless the connections were lost meanwhile. */
  heal(lost?: boolean): void;
}

/** Starts it on a free port of its own, before `tcp://host:port` if that is known by now. */
export async function cuttableLink(endpoint?: string): Promise<CuttableLink> {
  let target: URL | undefined;
  const pairs = new Set<Pair>();
  let parted: readonly LinkDirection[] = [];
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    const pair = new Pair(near, () => pairs.delete(pair));
    pairs.add(pair);
    pair.let(parted, target);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const letThrough = (held: readonly LinkDirection[]) => {
    parted = held;
    for (const pair of pairs) pair.let(held, target);
  };
  const leadTo = (to: string) => {
    target = new URL(to.replace("tcp:", "http:"));
    letThrough(parted);
  };
  if (endpoint !== undefined) leadTo(endpoint);
  return {
    leadTo,
    endpoint: `tcp://127.0.0.1:${port}`,
    part: (...directions) => letThrough(directions.length === 0 ? ["up", "down"] : directions),
    heal(lost = false) {
      if (lost) for (const pair of [...pairs]) pair.end();
      letThrough([]);
    },
    async [Symbol.asyncDispose]() {
      for (const pair of [...pairs]) pair.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One connection, and its other half once that could be made. */
class Pair {
  private readonly near: Socket;
  private readonly ended: () => void;
  private far: Socket | undefined;

  constructor(near: Socket, ended: () => void) {
    this.near = near;
    this.ended = ended;
    this.guard(near);
  }

  /** Lets through all but these directions. */
  let(held: readonly LinkDirection[], target: URL | undefined): void {
    if (this.far === undefined) {
      // An answer to its first packet can't arrive.
      if (held.length > 0 || target === undefined) return;
      const { hostname, port } = target;
      this.far = connect({ host: hostname, port: Number(port), noDelay: true });
      this.guard(this.far);
      this.near.on("data", (bytes) => this.far?.write(bytes));
      this.far.on("data", (bytes) => this.near.write(bytes));
    }
    flow(this.near, !held.includes("up"));
    flow(this.far, !held.includes("down"));
  }

  end(): void {
    this.near.destroy();
    this.far?.destroy();
    this.ended();
  }

  private guard(socket: Socket): void {
    socket.on("error", () => {});
    socket.on("close", () => this.end());
  }
}

function flow(socket: Socket, on: boolean): void {
  if (on) socket.resume();
  else socket.pause();
}
