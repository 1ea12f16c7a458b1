// What agents tell one another of runs that cross nodes (docs/peer-protocol.md has the bytes). Every message
// is safe to get twice, and to get late; none waits for an answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "node-agent/engine/ownership.h"

namespace faasbatch::peers {

// Names a revision of a workflow.
struct PlanName {
  std::string nameSpace;
  std::string name;
  std::string digest;
  friend bool operator==(const PlanName&, const PlanName&) = default;
};

// Home to an owner: its share of a run; after a change of owners the new one.
struct Begin {
  std::string run;
  PlanName main;
  std::map<std::string, PlanName> others;  // by the name that steps give
  engine::OutputRef input;
  base::Instant deadline;  // on home's clock, as all times in `share`
  base::Duration age{0};   // since the run was created, when this was sent
  engine::Share share;
};

// How a step of the root list ended: its owner to the owners of its successors, and to home. Home hands it on
// to who lacks it.
struct Ended {
  std::string run;
  std::string owner;  // the node it ran on
  engine::StepEndPtr end;
};

// Owner to home: how its steps go, and what their calls printed since the last one.
struct Progress {
  std::string run;
  std::vector<engine::RemoteProgress> steps;
  std::uint64_t logOffset = 0;  // bytes of the log that were sent before
  std::string log;              // JSON lines as the API gives them
};

// Home to owners: the run has ended.
struct Finish {
  std::string run;
};

// Home to an owner: which of its steps home waits for.
struct Sync {
  std::string run;
  std::uint32_t epoch = 0;
  std::vector<engine::Position> positions;
};

// Owner to home, in answer to Sync, besides the ends that home waits for: what it waits for itself.
struct Lacking {
  std::string run;
  std::uint32_t epoch = 0;
  std::vector<engine::Position> positions;
};

// Owner to home: it has no part in this run, and so knows nothing of it.
struct Unknown {
  std::string run;
};

// Owner to home: it has not got these revisions; the answer are their manifests.
struct NeedPlans {
  std::string run;
  std::vector<PlanName> plans;
};
struct Plans {
  std::string run;
  std::vector<std::string> manifests;  // JSON text
  std::vector<PlanName> missing;       // home has not got them either
};

// Owner to home: it has heard nothing of these runs for long. Home answers Finish for those that are no more.
struct Alive {
  std::vector<std::string> runs;
};

// Owner to home: its agent shuts down, and has let go these steps: it has not begun them and never will. Who
// hears it gives the agent no new work in this life.
struct HandBack {
  std::string run;
  std::uint32_t epoch = 0;
  std::vector<engine::Position> positions;
};

using Message =
    std::variant<Begin, Ended, Progress, Finish, Sync, Lacking, Unknown, NeedPlans, Plans, Alive, HandBack>;

inline constexpr std::size_t kMaxMessages = 10'000;             // in one request
inline constexpr std::size_t kMaxMessageHeaderBytes = 8 << 20;  // of one message, without its payloads
inline constexpr std::size_t kMaxPayloads = 200'000;            // of one message

// Appends a message to a request's body, which begins with messagesMagic.
inline constexpr std::string_view kMessagesMagic = "FBM1";
void append(std::string& body, const Message& message);

// All messages of a body, or none: kind "InvalidMessage". Payloads are not checked again: peers have shown
// the secret, and have checked what came in.
base::Result<std::vector<Message>> decode(std::string_view body);

}  // namespace faasbatch::peers
