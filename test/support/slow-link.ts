import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that lets only so many bytes per second through, in each direction. */
export interface SlowLink extends AsyncDisposable {
  readonly endpoint: string;
}

const TICK_MS = 5;

/** Starts the proxy on a free port of its own, before `tcp://host:port`. */
export async function slowLink(endpoint: string, bytesPerSecond: number): Promise<SlowLink> {
  const target = new URL(endpoint.replace("tcp:", "http:"));
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    throttle(near, far, bytesPerSecond);
    throttle(far, near, bytesPerSecond);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `tcp://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A token bucket: reads only as much as the link may carry by now, so that the sender's own buffers fill up. */
function throttle(from: Socket, to: Socket, bytesPerSecond: number): void {
  const burst = Math.max(16_384, (bytesPerSecond * TICK_MS * 2) / 1000);
  let tokens = burst;
  let last = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const refill = () => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - last) / 1000) * bytesPerSecond);
    last = now;
  };
  from.on("data", (chunk) => {
    refill();
    tokens -= chunk.length;
    to.write(chunk);
    if (tokens > 0) return;
    from.pause();
    timer = setTimeout(() => from.resume(), (-tokens / bytesPerSecond) * 1000);
  });
  from.on("end", () => to.end());
  from.on("close", () => clearTimeout(timer));
  from.resume();
}
