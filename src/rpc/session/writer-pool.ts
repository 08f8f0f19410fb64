import { PacketWriter } from "../../wire/packet-writer.js";

const KEPT = 64;

/**
 * Packet writers of one node. A session borrows one when it begins a packet and gives it back when the packet
 * has left, so that a thousand idle sessions hold no buffers.
 */
export class WriterPool {
  private readonly idle: PacketWriter[] = [];

  borrow(): PacketWriter {
    return this.idle.pop() ?? new PacketWriter();
  }

  giveBack(writer: PacketWriter): void {
    if (this.idle.length < KEPT) this.idle.push(writer);
  }
}
