import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { Code } from "../../core/code.js";
import { HeliographError, messageOf } from "../../core/error.js";
import { addressesOf } from "./beacon-interfaces.js";
import type { BeaconSettings } from "./beacon-options.js";

/**
 * The sockets of one beacon: one that listens, and one for each network interface that sends. Interfaces come and go;
 * `refresh` follows.
 */
export class BeaconSockets {
  readonly #settings: BeaconSettings;
  readonly #onDatagram: (bytes: Buffer) => void;
  readonly #senders = new Map<string, Socket>();
  readonly #joined = new Set<string>();
  #receiver: Socket | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  /** Something is missing: before the next datagrams are sent, it is opened. */
  #failing = true;
  #closed = false;

  constructor(settings: BeaconSettings, onDatagram: (bytes: Buffer) => void) {
    this.#settings = settings;
    this.#onDatagram = onDatagram;
  }

  /**
   * Opens what is missing, and closes what has no interface any more.
   *
   * @throws HeliographError UNAVAILABLE, reason RESOLVER_FAILED, when nothing can be sent or heard
   */
  refresh(): Promise<void> {
    const next = this.#refreshing.catch(() => undefined).then(() => this.#refresh());
    this.#refreshing = next;
    return next;
  }

  /**
   * Sends these on all interfaces; on some of them is good enough.
   *
   * @throws HeliographError UNAVAILABLE, reason RESOLVER_FAILED
   */
  async send(datagrams: readonly Buffer[]): Promise<void> {
    if (this.#failing) await this.refresh();
    const sent = await Promise.allSettled(
      [...this.#senders].map(async ([address, socket]) => {
        try {
          for (const datagram of datagrams) await this.#sendOne(socket, datagram);
        } catch (error) {
          this.#drop(address);
          throw error;
        }
      }),
    );
    if (sent.some(({ status }) => status === "fulfilled")) return;
    const [first] = sent;
    throw this.#failed("nothing can be sent", first?.status === "rejected" ? first.reason : undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#refreshing.catch(() => undefined);
    const sockets = [...this.#senders.values(), ...(this.#receiver === undefined ? [] : [this.#receiver])];
    this.#senders.clear();
    this.#receiver = undefined;
    await Promise.all(sockets.map(closed));
  }

  async #refresh(): Promise<void> {
    if (this.#closed) return;
    const addresses = addressesOf(this.#settings.interfaces, networkInterfaces());
    for (const address of this.#senders.keys()) if (!addresses.includes(address)) this.#drop(address);
    const failures: unknown[] = [];
    await this.#listen(addresses, failures);
    for (const address of addresses) {
      if (this.#senders.has(address)) continue;
      await this.#openSender(address).catch((error: unknown) => failures.push(error));
    }
    if (this.#closed) return;
    this.#failing = this.#joined.size === 0 || this.#senders.size === 0;
    if (!this.#failing) return;
    throw this.#failed(addresses.length === 0 ? "there is no network interface" : "no socket", failures[0]);
  }

  async #listen(addresses: readonly string[], failures: unknown[]): Promise<void> {
    const { group, port } = this.#settings;
    try {
      this.#receiver ??= await this.#openReceiver(port);
    } catch (error) {
      failures.push(error);
      return;
    }
    for (const address of addresses) {
      if (this.#joined.has(address)) continue;
      try {
        this.#receiver.addMembership(group, address);
        this.#joined.add(address);
      } catch (error) {
        failures.push(error);
      }
    }
  }

  async #openReceiver(port: number): Promise<Socket> {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    socket.on("message", this.#onDatagram);
    // Bound to the group, where the system allows that, it hears no other group of the same port.
    const address = process.platform === "win32" ? "0.0.0.0" : this.#settings.group;
    await opened(socket, () => socket.bind({ port, address, exclusive: true }));
    socket.on("error", () => {
      this.#receiver = undefined;
      this.#joined.clear();
      this.#failing = true;
      void closed(socket);
    });
    return socket;
  }

  async #openSender(address: string): Promise<void> {
    const socket = createSocket("udp4");
    await opened(socket, () => socket.bind({ port: 0, address, exclusive: true }));
    socket.on("error", () => this.#drop(address));
    try {
      socket.setMulticastInterface(address);
      socket.setMulticastTTL(this.#settings.ttl);
      // Other processes of this machine are to hear it.
      socket.setMulticastLoopback(true);
    } catch (error) {
      await closed(socket);
      throw error;
    }
    this.#senders.set(address, socket);
  }

  #sendOne(socket: Socket, datagram: Buffer): Promise<void> {
    const { group, port } = this.#settings;
    return new Promise((resolve, reject) => {
      // A socket that is closed meanwhile never tells what became of it.
      const onClose = () => reject(new Error("the socket was closed"));
      socket.once("close", onClose);
      socket.send(datagram, port, group, (error) => {
        socket.off("close", onClose);
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  #drop(address: string): void {
    this.#failing = true;
    const socket = this.#senders.get(address);
    this.#senders.delete(address);
    if (this.#joined.delete(address)) {
      try {
        this.#receiver?.dropMembership(this.#settings.group, address);
      } catch {
        // It went with its interface.
      }
    }
    if (socket !== undefined) void closed(socket);
  }

  #failed(what: string, cause: unknown): HeliographError {
    const { group, port } = this.#settings;
    const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
    return new HeliographError(Code.Unavailable, `beacon ${group}:${port}: ${what}${why}`, {
      reason: "RESOLVER_FAILED",
      cause,
    });
  }
}

/** Resolves when the socket is bound; else closes it. */
function opened(socket: Socket, bind: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      void closed(socket);
      reject(error);
    };
    socket.once("error", onError);
    socket.once("listening", () => {
      socket.off("error", onError);
      resolve();
    });
    bind();
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(resolve);
    } catch {
      // It is closed already.
      resolve();
    }
  });
}
