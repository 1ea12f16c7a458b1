#include "e2e/suite/load.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::e2e {
namespace {

constexpr base::Duration kAskAgain = std::chrono::milliseconds(500);

std::string statusIn(const std::string& record) {
  const auto status = json::at(record, {"status"});
  return status ? json::asString(*status).value_or("") : "";
}

}  // namespace

std::vector<std::string> accept(Gateway& gateway, std::string_view nameSpace, std::string_view workflow,
                                std::string_view input, std::size_t count) {
  Call one = Gateway::invocation(nameSpace, workflow, input);
  one.headers = {{"Prefer", "respond-async"}};
  std::vector<std::string> records;
  for (const Reply& reply : gateway.burst(std::vector<Call>(count, one))) {
    if (reply.status != 202)
      throw std::runtime_error("not accepted: " + std::to_string(reply.status) + " " + reply.body);
    records.emplace_back(reply.headers.find("Location").value_or(""));
  }
  return records;
}

Fate fateOf(Gateway& gateway, const std::vector<std::string>& records, base::Duration atMost) {
  Fate fate;
  const auto end = std::chrono::steady_clock::now() + atMost;
  std::vector<std::string> open = records;
  std::vector<std::string> last(records.size(), "never answered for");
  while (!open.empty() && std::chrono::steady_clock::now() < end) {
    std::vector<Call> calls;
    calls.reserve(open.size());
    for (const std::string& record : open)
      calls.push_back({.method = "GET", .target = record + "?wait=5", .body = ""});
    const std::vector<Reply> replies = gateway.burst(calls);
    std::vector<std::string> still;
    last.clear();
    for (std::size_t i = 0; i < open.size(); ++i) {
      const std::string status = replies[i].status == 200 ? statusIn(replies[i].body) : "";
      if (status == "Succeeded") {
        ++fate.succeeded;
      } else if (!status.empty() && status != "Pending" && status != "Running") {
        fate.others.push_back(replies[i].body);
      } else {
        still.push_back(open[i]);
        last.push_back(open[i] + ": " + std::to_string(replies[i].status) + " " + replies[i].body);
      }
    }
    open = std::move(still);
    if (!open.empty()) std::this_thread::sleep_for(kAskAgain);
  }
  if (!open.empty()) fate.others.insert(fate.others.end(), last.begin(), last.end());
  return fate;
}

}  // namespace faasbatch::e2e
