// gRPC in C++: the asynchronous client. Each thread has a completion queue of its own (doc/cpp/perf_notes.md)
// and keeps its share of the calls in flight.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "bench/v1/bench.grpc.pb.h"
#include "lines.h"

namespace {

using bench::v1::BenchService;
using bench::v1::EchoRequest;
using bench::v1::EchoResponse;
using Clock = std::chrono::steady_clock;

constexpr auto deadline = std::chrono::seconds(10);
constexpr char text[] = "the quick brown fox jumps";

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

// One call after the other in the same place.
class Call {
 public:
  void begin(BenchService::Stub& stub, grpc::CompletionQueue& queue, std::uint32_t sequence) {
    context_.emplace();
    context_->set_deadline(std::chrono::system_clock::now() + deadline);
    request_.set_sequence(sequence);
    request_.set_text(text);
    reader_ = stub.AsyncEcho(&*context_, request_, &queue);
    reader_->Finish(&response_, &status_, this);
  }

  // Ends the program unless the answer is the one to this request.
  void check() const {
    if (!status_.ok()) {
      lines::fail("code " + std::to_string(status_.error_code()) + ": " + status_.error_message());
    }
    if (response_.sequence() != request_.sequence() || response_.text() != request_.text()) {
      lines::fail(request_.ShortDebugString() + " was answered with " + response_.ShortDebugString());
    }
  }

 private:
  EchoRequest request_;
  EchoResponse response_;
  grpc::Status status_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader_;
};

struct Rate {
  double calls_per_second;
  std::uint64_t calls;
};

// Keeps `in_flight` calls under way on a completion queue of its own. The time begins when as many were answered;
// after `seconds` no call is begun any more, and the time ends with the last answer (driver/load.ts).
Rate load(BenchService::Stub& stub, int in_flight, double seconds) {
  grpc::CompletionQueue queue;
  std::vector<Call> calls(in_flight);
  std::uint32_t sequence = 0;
  for (Call& call : calls) call.begin(stub, queue, ++sequence);

  const std::uint64_t filling = in_flight;
  std::uint64_t answered = 0;
  Clock::time_point began;
  bool over = false;
  void* tag = nullptr;
  bool ok = false;
  for (int open = in_flight; open > 0 && queue.Next(&tag, &ok);) {
    Call& call = *static_cast<Call*>(tag);
    call.check();
    ++answered;
    if (answered == filling) {
      began = Clock::now();
    } else if (answered > filling && answered % 16 == 0) {
      over = over || seconds_since(began) >= seconds;
    }
    if (over) {
      --open;
    } else {
      call.begin(stub, queue, ++sequence);
    }
  }
  const double took = seconds_since(began);
  queue.Shutdown();
  return {(answered - filling) / took, answered - filling};
}

lines::Object measure_rate(BenchService::Stub& stub, int in_flight, double seconds) {
  const int threads = std::min<int>(std::max(1u, std::thread::hardware_concurrency()), in_flight);
  std::vector<std::future<Rate>> rates;
  for (int i = 0; i < threads; ++i) {
    const int share = in_flight / threads + (i < in_flight % threads ? 1 : 0);
    rates.push_back(std::async(std::launch::async, load, std::ref(stub), share, seconds));
  }
  Rate sum{0, 0};
  for (std::future<Rate>& future : rates) {
    const Rate rate = future.get();
    sum.calls_per_second += rate.calls_per_second;
    sum.calls += rate.calls;
  }
  lines::Object result = lines::number("callsPerSecond", std::round(sum.calls_per_second));
  result.MergeFrom(lines::number("calls", sum.calls));
  return result;
}

lines::Object measure_p50(BenchService::Stub& stub, double seconds) {
  grpc::CompletionQueue queue;
  Call call;
  std::vector<std::uint64_t> nanoseconds;
  const auto start = Clock::now();
  for (std::uint32_t sequence = 1; seconds_since(start) < seconds; ++sequence) {
    void* tag = nullptr;
    bool ok = false;
    const auto began = Clock::now();
    call.begin(stub, queue, sequence);
    queue.Next(&tag, &ok);
    const auto took = Clock::now() - began;
    call.check();
    nanoseconds.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }
  queue.Shutdown();
  const auto middle = nanoseconds.begin() + nanoseconds.size() / 2;
  std::nth_element(nanoseconds.begin(), middle, nanoseconds.end());
  lines::Object result = lines::number("p50us", *middle / 1000.0);
  result.MergeFrom(lines::number("calls", nanoseconds.size()));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) lines::fail("usage: client ENDPOINT");
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  const auto channel = grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments);
  const std::unique_ptr<BenchService::Stub> stub = BenchService::NewStub(channel);
  load(*stub, 1, 0);
  lines::Object ready;
  (*ready.mutable_fields())["ready"].set_bool_value(true);
  lines::answer(ready);

  lines::Object order;
  while (lines::next(order)) {
    const auto& run = order.fields().at("run").struct_value().fields();
    const double seconds = run.at("seconds").number_value();
    const int in_flight = static_cast<int>(run.at("inFlight").number_value());
    lines::answer(run.at("case").string_value() == "unary-serial" ? measure_p50(*stub, seconds)
                                                                    : measure_rate(*stub, in_flight, seconds));
  }
  return 0;
}
