export { memoryNetwork } from "../socket/memory-socket.js";
