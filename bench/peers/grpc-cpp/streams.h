#pragma once

#include <memory>

#include "load.h"

// Streams of an asynchronous client.
namespace streams {

using bench::v1::ChatRequest;
using bench::v1::ChatResponse;
using bench::v1::StreamRequest;
using bench::v1::StreamResponse;
using load::BenchService;

// A stream that is read to its end: asked for, read, finished, one step for each answer of the completion queue.
class Reading {
 public:
  void begin(BenchService::Stub& stub, grpc::CompletionQueue& queue, double seconds) {
    StreamRequest request;
    request.set_duration_ms(static_cast<std::uint32_t>(std::lround(seconds * 1000)));
    reader_ = stub.AsyncStream(&context_, request, &queue, this);
  }

  // Goes on after a step; whether that was a message.
  bool step(bool ok) {
    const bool message = state_ == State::reading && ok;
    if (message) load::check(message_, ++sequence_);
    if (state_ == State::finishing) {
      load::check(status_);
      if (sequence_ == 0) lines::fail("a stream ended without a message");
      state_ = State::over;
    } else if (ok) {
      state_ = State::reading;
      reader_->Read(&message_, this);
    } else {
      state_ = State::finishing;
      reader_->Finish(&status_, this);
    }
    return message;
  }

  bool first() const { return sequence_ == 1; }
  bool over() const { return state_ == State::over; }

 private:
  enum class State { asking, reading, finishing, over };

  State state_ = State::asking;
  std::uint32_t sequence_ = 0;
  StreamResponse message_;
  grpc::Status status_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReader<StreamResponse>> reader_;
};

// Reads so many streams on a completion queue of its own. The time begins when each has brought its first message
// and ends with the last one (driver/streams.ts).
inline load::Rate read_streams(BenchService::Stub& stub, int streams, double seconds) {
  grpc::CompletionQueue queue;
  std::vector<Reading> readings(streams);
  for (Reading& reading : readings) reading.begin(stub, queue, seconds);

  std::uint64_t received = 0;
  std::uint64_t before = 0;
  int flowing = 0;
  load::Clock::time_point began;
  void* tag = nullptr;
  bool ok = false;
  for (int open = streams; open > 0 && queue.Next(&tag, &ok);) {
    Reading& reading = *static_cast<Reading*>(tag);
    if (reading.step(ok)) {
      ++received;
      if (reading.first() && ++flowing == streams) {
        began = load::Clock::now();
        before = received;
      }
    }
    if (reading.over()) --open;
  }
  const double took = load::seconds_since(began);
  queue.Shutdown();
  return {(received - before) / took, received - before};
}

inline lines::Object measure_rate(BenchService::Stub& stub, int streams, double seconds) {
  const load::Rate rate = load::on_all_cores(
      [&stub, seconds](int share) { return read_streams(stub, share, seconds); }, streams);
  return load::result("messagesPerSecond", std::round(rate.per_second), "messages", rate.count);
}

// The time of a message each way, one after the other on one bidirectional stream.
inline lines::Object measure_chat(BenchService::Stub& stub, double seconds) {
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  ChatRequest request;
  ChatResponse response;
  request.set_text(load::text);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    if (!ok) lines::fail("the stream has ended");
  };
  const auto stream = stub.AsyncChat(&context, &queue, nullptr);
  wait();
  const auto once = [&](std::uint32_t sequence) {
    request.set_sequence(sequence);
    stream->Write(request, nullptr);
    stream->Read(&response, nullptr);
    wait();
    wait();
    load::check(response, sequence);
  };
  lines::Object result = load::measure_p50(once, seconds);
  stream->WritesDone(nullptr);
  wait();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  wait();
  load::check(status);
  queue.Shutdown();
  return result;
}

}  // namespace streams
