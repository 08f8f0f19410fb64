"""A call with a plain REQ socket. Usage: bare.py ENDPOINT METHOD TEXT"""
import sys
import zmq

endpoint, method, text = sys.argv[1:]
socket = zmq.Context.instance().socket(zmq.REQ)
socket.rcvtimeo, socket.linger = 8_000, 0
socket.connect(endpoint)
socket.send_multipart([method.encode(), b"\x12" + bytes([len(text)]) + text.encode()])  # EchoRequest.text
print(socket.recv_multipart())
