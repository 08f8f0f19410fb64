// gRPC in C++: the callback server, which the documents recommend for most services.
#include <grpcpp/grpcpp.h>

#include "bench/v1/bench.grpc.pb.h"
#include "lines.h"

namespace {

using bench::v1::BenchService;
using bench::v1::EchoRequest;
using bench::v1::EchoResponse;

class Service final : public BenchService::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    response->set_sequence(request->sequence());
    response->set_text(request->text());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
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
