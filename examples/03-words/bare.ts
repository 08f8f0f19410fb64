// No Heliograph here: a plain ZeroMQ socket sends the method and the request's bytes, and gets "OK" and the answer's.
import { Request } from "zeromq";

const [endpoint = "tcp://127.0.0.1:5555", word = "stressed"] = process.argv.slice(2);
const socket = new Request({ linger: 0, receiveTimeout: 5_000 });
socket.connect(endpoint);

// Field 1 of a protobuf message is text: a tag, its length, its bytes.
const text = Buffer.from(word);
await socket.send(["example.v1.WordService/Reverse", Buffer.from([0x0a, text.length, ...text])]);
const [status, answer] = await socket.receive();
console.log(word.padEnd(10), `${status}`, `${answer?.subarray(2)}`);
socket.close();
