#include "lib/workflow/convert.h"

#include <cmath>

#include "lib/tree/yaml.h"
#include "lib/workflow/faasflow.h"
#include "lib/workflow/manifest.h"
#include "lib/workflow/names.h"

namespace faasbatch::workflow {
namespace {

constexpr double kMaxTimeScale = 1e6;

// A DNS-1123 subdomain like `name`.
std::string objectName(const std::string& name) {
  std::string valid;
  for (char c : name.substr(0, kMaxObjectNameBytes)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool afterPlain = !valid.empty() && valid.back() != '-' && valid.back() != '.';
    if (plain) {
      valid += c;
    } else if (afterPlain) {
      valid += c == '.' ? '.' : '-';
    }
  }
  while (!valid.empty() && (valid.back() == '-' || valid.back() == '.')) valid.pop_back();
  return valid.empty() ? "workflow" : valid;
}

base::Error describe(const std::vector<Fault>& faults) {
  std::string message;
  for (const Fault& fault : faults) {
    if (!message.empty()) message += "; ";
    message += fault.path + (fault.path.empty() ? "" : ": ") + fault.message;
  }
  return {"InvalidWorkflow", std::move(message)};
}

}  // namespace

base::Result<std::string> convertFaasflow(std::string_view yaml, FaasflowForm form,
                                          const ConvertOptions& options) {
  if (!std::isfinite(options.timeScale) || options.timeScale < 0 || options.timeScale > kMaxTimeScale) {
    return base::fail("InvalidWorkflow", "the time scale must be from 0 to 1000000");
  }
  const auto file = tree::parseYaml(yaml, tree::kMaxYamlNodes);
  if (!file) return std::unexpected(file.error());
  Faults faults;
  faasflow::Flow flow = form == FaasflowForm::kFlat ? faasflow::readFlat(*file, faults)
                                                    : faasflow::readHierarchical(*file, faults);
  if (faults.empty() && flow.functions.empty()) faults.add("", "there is no function in it");
  if (!faults.empty()) return std::unexpected(describe(faults.take()));
  faasflow::decideSizes(flow);
  const Tree object = faasflow::manifest(flow, objectName(options.name), options.timeScale, faults);
  if (!faults.empty()) return std::unexpected(describe(faults.take()));
  std::string json = toJson(object);
  // What the file itself gets wrong (a cycle) and what does not fit a FunctionWorkflow is said here rather
  // than on applying.
  if (auto compiled = compile(json); !compiled) return std::unexpected(describe(compiled.error()));
  return json;
}

}  // namespace faasbatch::workflow
