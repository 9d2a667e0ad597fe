#ifndef ENTRYEXIT_DEMO_PLAYER_H_
#define ENTRYEXIT_DEMO_PLAYER_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/demo/case_watch.h"
#include "src/demo/clients.h"
#include "src/demo/journal.h"
#include "src/demo/scenario.h"

namespace entryexit::demo {

// Plays a scenario as its lanes would, in time order, and prints a line for each thing that
// happens.
class Player {
 public:
  // The arguments must outlive the object; `watch` has been started.
  Player(const Scenario& scenario, const std::filesystem::path& faces, Clients& clients,
         CaseWatch& watch);

  // Returns what the service answered. Blocks until the last answer.
  // Errors: CONFIG_INVALID for a picture that cannot be read, and those with which the service
  // refuses what it should have taken.
  absl::StatusOr<Journal> Play();

 private:
  // Draws the id of each crossing's request.
  void Prepare();

  absl::Status Send(std::size_t index);
  absl::StatusOr<Answer> Record(std::size_t index);
  absl::StatusOr<Answer> RecordTwice(std::size_t index);
  absl::Status SendBacklog();
  // Sends items of the backlog from `first` on and takes `results` of the answers, then hangs up.
  absl::Status SendItems(const std::vector<std::size_t>& backlog, std::size_t first,
                         std::size_t results);
  // What arrivals and departures have in common.
  template <typename Request>
  absl::StatusOr<Request> CommonRequest(std::size_t index) const;
  absl::StatusOr<v1::RecordArrivalRequest> ArrivalRequest(std::size_t index) const;
  absl::StatusOr<v1::RecordDepartureRequest> DepartureRequest(std::size_t index) const;
  void AwaitCases(const Answer& answer);
  void PrintLine(std::size_t index) const;

  const Scenario& scenario_;
  const std::filesystem::path& faces_;
  Clients& clients_;
  CaseWatch& watch_;
  std::vector<std::string> request_ids_;
  Journal journal_;
};

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_PLAYER_H_
