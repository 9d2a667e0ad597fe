#include "tests/e2e/raw_call.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// Whether what was asked for last has succeeded.
bool Succeeded(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

RawAnswer RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::vector<std::string>& messages, std::size_t max_responses) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetPatience(context);
  grpc::CompletionQueue queue;
  // To gRPC a unary call is a stream of one message each way.
  const auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  bool open = Succeeded(queue);
  for (std::size_t i = 0; open && i < messages.size(); ++i) {
    const grpc::Slice slice(messages[i]);
    call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    open = Succeeded(queue);
  }
  if (open) {
    call->WritesDone(nullptr);
    Succeeded(queue);
  }
  RawAnswer answer;
  for (grpc::ByteBuffer response; answer.responses.size() < max_responses;) {
    call->Read(&response, nullptr);
    if (!Succeeded(queue)) break;
    answer.responses.push_back(BytesOf(response));
  }
  if (answer.responses.size() == max_responses) context.TryCancel();
  call->Finish(&answer.status, nullptr);
  Succeeded(queue);
  answer.reason = ReasonOf(context);
  return answer;
}

}  // namespace entryexit::testing
