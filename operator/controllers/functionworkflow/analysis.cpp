#include "operator/controllers/functionworkflow/analysis.h"

#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::controllers {
namespace {

std::string textAt(std::string_view text, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(text, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

bool optionalReference(std::string_view reference) {
  const auto raw = json::at(reference, {"optional"});
  return raw && json::asBool(*raw).value_or(false);
}

std::vector<std::string_view> listAt(std::string_view text, std::string_view key) {
  const auto raw = json::at(text, {key});
  const auto items = raw ? json::elements(*raw) : base::Result<std::vector<std::string_view>>();
  return items ? *items : std::vector<std::string_view>();
}

// env[].valueFrom and envFrom[]: a pod does not start without them, unless they are optional.
class OfEnvironment {
 public:
  OfEnvironment(std::string path, std::vector<Reference>& out) : path_(std::move(path)), out_(out) {}

  void read(std::string_view podJson) {
    for (const std::string_view variable : listAt(podJson, "env")) {
      const std::string path = path_ + ".env[" + textAt(variable, {"name"}) + "].valueFrom";
      add(variable, {"valueFrom", "configMapKeyRef"}, path, Reference::Kind::kConfigMap);
      add(variable, {"valueFrom", "secretKeyRef"}, path, Reference::Kind::kSecret);
    }
    std::size_t index = 0;
    for (const std::string_view source : listAt(podJson, "envFrom")) {
      const std::string path = path_ + ".envFrom[" + std::to_string(index++) + "]";
      add(source, {"configMapRef"}, path, Reference::Kind::kConfigMap);
      add(source, {"secretRef"}, path, Reference::Kind::kSecret);
    }
  }

 private:
  void add(std::string_view holder, std::initializer_list<std::string_view> where, const std::string& path,
           Reference::Kind kind) {
    const auto reference = json::at(holder, where);
    if (!reference || optionalReference(*reference)) return;
    out_.push_back({.kind = kind,
                    .path = path + "." + std::string(*std::prev(where.end())),
                    .name = textAt(*reference, {"name"}),
                    .key = textAt(*reference, {"key"})});
  }

  std::string path_;
  std::vector<Reference>& out_;
};

void addReferences(const workflow::FunctionSpec& function, std::size_t index, std::vector<Reference>& out) {
  const std::string path = "spec.functions[" + std::to_string(index) + "]";
  if (function.source.kind == workflow::Source::Kind::kConfigMap) {
    out.push_back({.path = path + ".source.configMap",
                   .name = function.source.text,
                   .key = function.source.key,
                   .code = true});
  }
  for (const workflow::Binding& binding : function.bindings) {
    if (binding.secretName.empty()) continue;
    out.push_back({.kind = Reference::Kind::kSecret,
                   .path = path + ".bindings[" + binding.name + "].secretRef",
                   .name = binding.secretName,
                   .key = ""});
  }
  OfEnvironment(path, out).read(function.podJson);
}

}  // namespace

Analysis analyse(std::string_view object, std::string_view nameSpace) {
  Analysis analysis;
  const auto compiled = workflow::compile(object, nameSpace);
  if (!compiled) {
    analysis.faults = compiled.error();
    return analysis;
  }
  const workflow::Plan& plan = *compiled->plan;
  analysis.demand = placement::demandOf(plan);
  analysis.steps = plan.nodes.size();
  for (std::size_t i = 0; i < plan.functions.size(); ++i) {
    analysis.podBound += plan.functions[i].pool.maxPods;
    addReferences(plan.functions[i], i, analysis.references);
  }
  return analysis;
}

}  // namespace faasbatch::controllers
