// gRPC in C++: the asynchronous client.
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "bench/v1/bench.grpc.pb.h"
#include "lines.h"
#include "streams.h"
#include "unary.h"

namespace {

lines::Object measure(load::BenchService::Stub& stub, const std::string& name, int in_flight, double seconds) {
  if (name == "unary-serial") return unary::measure_p50(stub, seconds);
  if (name == "server-stream") return streams::measure_rate(stub, in_flight, seconds);
  if (name == "bidi-serial") return streams::measure_chat(stub, seconds);
  return unary::measure_rate(stub, in_flight, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) lines::fail("usage: client ENDPOINT");
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  const auto channel = grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments);
  const auto stub = load::BenchService::NewStub(channel);
  unary::measure_rate(*stub, 1, 0);
  lines::Object ready;
  (*ready.mutable_fields())["ready"].set_bool_value(true);
  lines::answer(ready);

  lines::Object order;
  while (lines::next(order)) {
    const auto& run = order.fields().at("run").struct_value().fields();
    lines::answer(measure(*stub, run.at("case").string_value(),
                          static_cast<int>(run.at("inFlight").number_value()), run.at("seconds").number_value()));
  }
  return 0;
}
