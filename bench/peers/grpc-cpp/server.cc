// gRPC in C++: the callback server, which the documents recommend for most services.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>

#include "bench/v1/bench.grpc.pb.h"
#include "lines.h"

namespace {

using bench::v1::BenchService;
using bench::v1::ChatRequest;
using bench::v1::ChatResponse;
using bench::v1::EchoRequest;
using bench::v1::EchoResponse;
using bench::v1::StreamRequest;
using bench::v1::StreamResponse;
using Clock = std::chrono::steady_clock;

// Writes messages one after the other until its time is over; the clock is read once in 16 (driver/streams.ts).
class Streaming final : public grpc::ServerWriteReactor<StreamResponse> {
 public:
  explicit Streaming(std::chrono::milliseconds duration) : end_(Clock::now() + duration) {
    message_.set_text("the quick brown fox jumps");
    write();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::CANCELLED);
    } else if (sequence_ % 16 == 0 && Clock::now() >= end_) {
      Finish(grpc::Status::OK);
    } else {
      write();
    }
  }

  void OnDone() override { delete this; }

 private:
  void write() {
    message_.set_sequence(++sequence_);
    StartWrite(&message_);
  }

  const Clock::time_point end_;
  std::uint32_t sequence_ = 0;
  StreamResponse message_;
};

// Answers each message with what it says.
class Chatting final : public grpc::ServerBidiReactor<ChatRequest, ChatResponse> {
 public:
  Chatting() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    response_.set_sequence(request_.sequence());
    response_.set_text(request_.text());
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&request_);
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnDone() override { delete this; }

 private:
  ChatRequest request_;
  ChatResponse response_;
};

class Service final : public BenchService::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    response->set_sequence(request->sequence());
    response->set_text(request->text());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerWriteReactor<StreamResponse>* Stream(grpc::CallbackServerContext*,
                                                   const StreamRequest* request) override {
    return new Streaming(std::chrono::milliseconds(request->duration_ms()));
  }

  grpc::ServerBidiReactor<ChatRequest, ChatResponse>* Chat(grpc::CallbackServerContext*) override {
    return new Chatting();
  }
};

}  // namespace

int main() {
  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) lines::fail("the server could not be started");
  lines::answer(lines::string("endpoint", "127.0.0.1:" + std::to_string(port)));

  lines::Object order;
  while (lines::next(order)) lines::fail("a server takes no orders");
  server->Shutdown();
  return 0;
}
