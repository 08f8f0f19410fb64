export { type MemoryNetworkOptions, memoryNetwork } from "../socket/memory-socket.js";
export { type FakeClock, type FakeClockOptions, fakeClock } from "./fake-clock.js";
