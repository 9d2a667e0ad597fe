#ifndef ENTRYEXIT_RPC_WATCH_CASES_H_
#define ENTRYEXIT_RPC_WATCH_CASES_H_

#include "entryexit/app/queries.h"
#include "entryexit/ports/store.h"
#include "entryexit/v1/back_office_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Serves one stream of BackOfficeService.WatchCases. What the feed tells while a message is being
// written waits in a queue of bounded length, and a watcher that lets it fill is ended with
// OVERLOADED. The arguments must outlive the stream.
grpc::ServerWriteReactor<v1::WatchCasesResponse>* StartWatchCases(
    const Environment& environment, grpc::CallbackServerContext* context,
    const v1::WatchCasesRequest& request, const app::Queries& queries, ports::CaseFeed& feed,
    OpenStreams& streams);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_WATCH_CASES_H_
