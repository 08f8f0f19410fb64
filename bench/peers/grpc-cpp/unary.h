#pragma once

#include <memory>
#include <optional>

#include "load.h"

// Unary calls of an asynchronous client. Each thread has a completion queue of its own (doc/cpp/perf_notes.md) and
// keeps its share of the calls in flight.
namespace unary {

using bench::v1::EchoRequest;
using bench::v1::EchoResponse;
using load::BenchService;

// One call after the other in the same place.
class Call {
 public:
  void begin(BenchService::Stub& stub, grpc::CompletionQueue& queue, std::uint32_t sequence) {
    context_.emplace();
    context_->set_deadline(std::chrono::system_clock::now() + load::deadline);
    request_.set_sequence(sequence);
    request_.set_text(load::text);
    reader_ = stub.AsyncEcho(&*context_, request_, &queue);
    reader_->Finish(&response_, &status_, this);
  }

  void check() const {
    load::check(status_);
    load::check(response_, request_.sequence());
  }

 private:
  EchoRequest request_;
  EchoResponse response_;
  grpc::Status status_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader_;
};

// Keeps `in_flight` calls under way on a completion queue of its own. The time begins when as many were answered;
// after `seconds` no call is begun any more, and the time ends with the last answer (driver/load.ts).
inline load::Rate keep_in_flight(BenchService::Stub& stub, int in_flight, double seconds) {
  grpc::CompletionQueue queue;
  std::vector<Call> calls(in_flight);
  std::uint32_t sequence = 0;
  for (Call& call : calls) call.begin(stub, queue, ++sequence);

  const std::uint64_t filling = in_flight;
  std::uint64_t answered = 0;
  load::Clock::time_point began;
  bool over = false;
  void* tag = nullptr;
  bool ok = false;
  for (int open = in_flight; open > 0 && queue.Next(&tag, &ok);) {
    Call& call = *static_cast<Call*>(tag);
    call.check();
    ++answered;
    if (answered == filling) {
      began = load::Clock::now();
    } else if (answered > filling && answered % 16 == 0) {
      over = over || load::seconds_since(began) >= seconds;
    }
    if (over) {
      --open;
    } else {
      call.begin(stub, queue, ++sequence);
    }
  }
  const double took = load::seconds_since(began);
  queue.Shutdown();
  return {(answered - filling) / took, answered - filling};
}

inline lines::Object measure_rate(BenchService::Stub& stub, int in_flight, double seconds) {
  const load::Rate rate = load::on_all_cores(
      [&stub, seconds](int share) { return keep_in_flight(stub, share, seconds); }, in_flight);
  return load::result("callsPerSecond", std::round(rate.per_second), "calls", rate.count);
}

inline lines::Object measure_p50(BenchService::Stub& stub, double seconds) {
  grpc::CompletionQueue queue;
  Call call;
  const auto once = [&](std::uint32_t sequence) {
    void* tag = nullptr;
    bool ok = false;
    call.begin(stub, queue, sequence);
    queue.Next(&tag, &ok);
    call.check();
  };
  lines::Object result = load::measure_p50(once, seconds);
  queue.Shutdown();
  return result;
}

}  // namespace unary
