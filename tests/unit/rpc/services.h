#ifndef ENTRYEXIT_TESTS_UNIT_RPC_SERVICES_H_
#define ENTRYEXIT_TESTS_UNIT_RPC_SERVICES_H_

#include <google/protobuf/descriptor.h>

#include <vector>

#include "entryexit/v1/audit_service.pb.h"
#include "entryexit/v1/back_office_service.pb.h"
#include "entryexit/v1/import_service.pb.h"
#include "entryexit/v1/key_service.pb.h"
#include "entryexit/v1/lane_service.pb.h"
#include "entryexit/v1/report_service.pb.h"
#include "entryexit/v1/retention_service.pb.h"
#include "entryexit/v1/subject_service.pb.h"

namespace entryexit::rpc {

// Every method of the API.
inline std::vector<const google::protobuf::MethodDescriptor*> Methods() {
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const google::protobuf::FileDescriptor* file :
       {v1::RecordArrivalRequest::descriptor()->file(), v1::GetCaseRequest::descriptor()->file(),
        v1::ListOverstaysRequest::descriptor()->file(), v1::ImportRow::descriptor()->file(),
        v1::RunRetentionRequest::descriptor()->file(),
        v1::SearchAuditRecordsRequest::descriptor()->file(),
        v1::RotateKeysRequest::descriptor()->file(),
        v1::ExportTravelerRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_TESTS_UNIT_RPC_SERVICES_H_
