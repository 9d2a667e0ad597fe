#ifndef ENTRYEXIT_DEMO_JOURNAL_H_
#define ENTRYEXIT_DEMO_JOURNAL_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "entryexit/v1/back_office_service.pb.h"
#include "entryexit/v1/report_service.pb.h"
#include "entryexit/v1/types.pb.h"

// What the run showed.
namespace entryexit::demo {

// The service's answer to one planned crossing.
struct Answer {
  bool recorded = false;
  std::string refusal;  // reason by name; empty unless refused
  std::string crossing_id;
  std::string traveler_id;
  std::vector<v1::QualityFinding> findings;
  std::vector<std::string> opened_case_ids;
  std::optional<v1::Comparison> comparison;  // of recorded departures, as first answered
};

struct Retries {
  int sent = 0;
  int answered_alike = 0;
};

// What playing the scenario gave.
struct Journal {
  std::vector<Answer> answers;  // one for each of Scenario::crossings, in that order
  Retries retries;
  std::map<std::string, double> case_delays_ms;  // from the lane's answer to the officer, by case
  std::vector<std::string> undelivered_case_ids;
};

// An officer's decision, made in the demo.
struct Decided {
  std::string case_id;
  v1::CaseDecision decision = v1::CASE_DECISION_UNSPECIFIED;
  std::string reason;
};

struct Picture {
  std::string media_type;
  std::string bytes;
};

// What the back office holds after the run, for the scenario's travelers alone.
struct Review {
  std::map<std::string, int> travelers;              // index into the scenario, by traveler id
  std::map<std::string, v1::Crossing> crossings;     // by crossing id
  std::vector<v1::GetCaseResponse> cases;            // by time opened
  std::map<std::string, Picture> pictures;           // by crossing id
  std::vector<v1::ListOverstaysResponse> overstays;  // as of the last simulated day
  std::vector<Decided> decisions;
  std::map<std::string, v1::ReplayDecisionResponse> replays;  // by crossing id
};

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_JOURNAL_H_
