#ifndef ENTRYEXIT_SRC_CTL_SUBJECT_REPORT_H_
#define ENTRYEXIT_SRC_CTL_SUBJECT_REPORT_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "entryexit/v1/subject_service.pb.h"

namespace entryexit::ctl {

// What is held on one traveler as a page for that person, which is put together as it comes. Not
// thread-safe.
class SubjectReport {
 public:
  SubjectReport();

  // A picture must have been written to `file`, a path as the page's links need it; empty for what
  // is no picture.
  void Add(const v1::ExportTravelerResponse& item, const std::string& file = "");

  // HTML without any script.
  std::string Html() const;

 private:
  // A table that grows; left out while it has no row.
  class Section {
   public:
    Section(std::string title, std::string explanation, std::vector<std::string> columns)
        : title_(std::move(title)),
          explanation_(std::move(explanation)),
          columns_(std::move(columns)) {}

    void Add(std::initializer_list<std::string> cells);
    std::int64_t count() const { return count_; }
    std::string Html() const;

   private:
    std::string title_;
    std::string explanation_;
    std::vector<std::string> columns_;
    std::string rows_;
    std::int64_t count_ = 0;
  };

  void Add(const v1::ExportedTraveler& traveler);
  void Add(const v1::AdmissionChange& change);
  void Add(const v1::ExportedStay& known);
  void Add(const v1::ExportedCase& history);
  void Add(const v1::ExportedCrossing& exported);
  void AddPicture(const v1::ExportedPicture& picture, const std::string& file);
  std::string Header() const;
  std::string Tiles() const;

  v1::ExportedTraveler traveler_;
  v1::ExportEnd end_;
  Section documents_;
  Section crossings_;
  Section comparisons_;
  Section corrections_;
  Section stays_;
  Section admission_changes_;
  Section cases_;
  Section case_events_;
  Section settled_leads_;
  Section templates_;
  Section erasure_notices_;
  Section legal_holds_;
  std::string pictures_;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_SUBJECT_REPORT_H_
