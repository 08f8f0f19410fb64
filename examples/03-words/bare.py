import sys
import zmq

endpoint, word = sys.argv[1], sys.argv[2]
socket = zmq.Context().socket(zmq.REQ)
socket.setsockopt(zmq.RCVTIMEO, 5000)
socket.connect(endpoint)
text = word.encode()
socket.send_multipart([b"example.v1.WordService/Reverse", b"\x0a" + bytes([len(text)]) + text])
status, answer = socket.recv_multipart()
print(word.ljust(10), status.decode(), answer[2:].decode())
