#include "cli/server_workflows.h"

#include <utility>

#include "cli/api.h"
#include "cli/rows.h"

namespace faasbatch::cli {
namespace {

using Faults = std::vector<workflow::Fault>;

class ServerWorkflows final : public Workflows {
 public:
  ServerWorkflows(Api& api, bool nameSpaceGiven) : api_(api), nameSpaceGiven_(nameSpaceGiven) {}

  base::Result<std::string> get(const std::string& name) override { return body("GET", path(name)); }
  base::Result<std::string> list(bool allNamespaces) override {
    if (!allNamespaces) return body("GET", "/workflows");
    auto answer = api_.everywhere("/workflows");
    if (!answer) return std::unexpected(std::move(answer.error()));
    return std::move(answer->body);
  }

  base::Result<Rows> rows(const Shown& shown) override {
    const auto answer = shown.name.empty() ? list(shown.allNamespaces) : get(shown.name);
    if (!answer) return std::unexpected(answer.error());
    return workflowRows(*answer, shown);
  }

  std::expected<AppliedWorkflow, Faults> apply(const std::string& document) override {
    const auto compiled = workflow::compile(document, nameSpaceGiven_ ? api_.nameSpace() : "");
    if (!compiled) return std::unexpected(compiled.error());
    net::Headers headers;
    headers.add("Content-Type", "application/yaml");
    const std::string& name = compiled->plan->name;
    const auto answer = api_.succeedIn(compiled->plan->nameSpace, "PUT", path(name), document, headers);
    if (!answer) return std::unexpected(Faults{{"", answer.error().message}});
    AppliedWorkflow applied{name, answer->status == 201 ? "created" : "configured", {}};
    for (const workflow::Fault& warning : compiled->warnings)
      applied.warnings.push_back(warning.path + ": " + warning.message);
    return applied;
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
  bool nameSpaceGiven_;
};

}  // namespace

std::unique_ptr<Workflows> serverWorkflows(Api& api, bool nameSpaceGiven) {
  return std::make_unique<ServerWorkflows>(api, nameSpaceGiven);
}

}  // namespace faasbatch::cli
