#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "bench/v1/bench.grpc.pb.h"
#include "lines.h"

// What the measures of all cases share.
namespace load {

using bench::v1::BenchService;
using Clock = std::chrono::steady_clock;

constexpr auto deadline = std::chrono::seconds(10);
constexpr char text[] = "the quick brown fox jumps";

inline double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

// Ends the program unless the call went well.
inline void check(const grpc::Status& status) {
  if (status.ok()) return;
  lines::fail("code " + std::to_string(status.error_code()) + ": " + status.error_message());
}

// Ends the program unless the message has this number and the text that all have.
template <typename Message>
void check(const Message& message, std::uint32_t sequence) {
  if (message.sequence() == sequence && message.text() == text) return;
  lines::fail("message " + std::to_string(sequence) + " is " + message.ShortDebugString());
}

struct Rate {
  double per_second;
  std::uint64_t count;
};

// Shares what is to be in flight among one thread per core, and adds up their rates.
template <typename Measure>
Rate on_all_cores(Measure measure, int in_flight) {
  const int threads = std::min<int>(std::max(1u, std::thread::hardware_concurrency()), in_flight);
  std::vector<std::future<Rate>> rates;
  for (int i = 0; i < threads; ++i) {
    const int share = in_flight / threads + (i < in_flight % threads ? 1 : 0);
    rates.push_back(std::async(std::launch::async, measure, share));
  }
  Rate sum{0, 0};
  for (std::future<Rate>& future : rates) {
    const Rate rate = future.get();
    sum.per_second += rate.per_second;
    sum.count += rate.count;
  }
  return sum;
}

inline lines::Object result(const std::string& unit, double value, const std::string& things, double count) {
  lines::Object result = lines::number(unit, value);
  result.MergeFrom(lines::number(things, count));
  return result;
}

inline lines::Object median(std::vector<std::uint64_t>& nanoseconds) {
  const auto middle = nanoseconds.begin() + nanoseconds.size() / 2;
  std::nth_element(nanoseconds.begin(), middle, nanoseconds.end());
  return result("p50us", *middle / 1000.0, "calls", nanoseconds.size());
}

// The time of one thing after the other, for so long.
template <typename Once>
lines::Object measure_p50(Once once, double seconds) {
  std::vector<std::uint64_t> nanoseconds;
  const auto start = Clock::now();
  for (std::uint32_t sequence = 1; nanoseconds.empty() || seconds_since(start) < seconds; ++sequence) {
    const auto began = Clock::now();
    once(sequence);
    const auto took = Clock::now() - began;
    nanoseconds.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }
  return median(nanoseconds);
}

}  // namespace load
