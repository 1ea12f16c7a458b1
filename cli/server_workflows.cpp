#include "cli/server_workflows.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "cli/api.h"

namespace faasbatch::cli {
namespace {

using Json = nlohmann::json;
using Faults = std::vector<workflow::Fault>;

class ServerWorkflows final : public Workflows {
 public:
  explicit ServerWorkflows(Api& api) : api_(api) {}

  base::Result<std::string> get(const std::string& name) override { return body("GET", path(name)); }
  base::Result<std::string> list() override { return body("GET", "/workflows"); }

  base::Result<Rows> rows(const std::string& name) override {
    const auto answer = name.empty() ? list() : get(name);
    if (!answer) return std::unexpected(answer.error());
    const Json body = Json::parse(*answer, nullptr, false);
    if (!body.is_object()) return base::fail("InvalidResponse", "the server's answer is not JSON");
    const Json items = name.empty() ? body.value("items", Json::array()) : Json::array({body});
    Rows rows{{"NAME", "STEPS", "FUNCTIONS"}};
    for (const Json& item : items) {
      const Json spec = item.value("spec", Json::object());
      rows.push_back({item.value("metadata", Json::object()).value("name", ""),
                      std::to_string(spec.value("steps", Json::array()).size()),
                      std::to_string(spec.value("functions", Json::array()).size())});
    }
    return rows;
  }

  std::expected<AppliedWorkflow, Faults> apply(const std::string& document) override {
    const auto compiled = workflow::compile(document, api_.nameSpace());
    if (!compiled) return std::unexpected(compiled.error());
    net::Headers headers;
    headers.add("Content-Type", "application/yaml");
    const std::string& name = compiled->plan->name;
    const auto answer = api_.succeed("PUT", path(name), document, headers);
    if (!answer) return std::unexpected(Faults{{"", answer.error().message}});
    return AppliedWorkflow{name, answer->status == 201 ? "created" : "configured", {}};
  }

  base::Result<void> remove(const std::string& name) override {
    const auto answer = api_.succeed("DELETE", path(name));
    if (!answer) return std::unexpected(answer.error());
    return {};
  }

 private:
  static std::string path(const std::string& name) { return "/workflows/" + segment(name); }

  base::Result<std::string> body(const char* method, const std::string& path) {
    auto answer = api_.succeed(method, path);
    if (!answer) return std::unexpected(std::move(answer.error()));
    return std::move(answer->body);
  }

  Api& api_;
};

}  // namespace

std::unique_ptr<Workflows> serverWorkflows(Api& api) { return std::make_unique<ServerWorkflows>(api); }

}  // namespace faasbatch::cli
