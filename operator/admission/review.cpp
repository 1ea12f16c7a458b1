#include "operator/admission/review.h"

#include <algorithm>
#include <ranges>
#include <vector>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/shorten.h"
#include "lib/json/write.h"
#include "lib/workflow/duration.h"
#include "lib/workflow/manifest.h"
#include "operator/admission/worst_case.h"
#include "operator/placement/demand.h"
#include "operator/placement/graph.h"

namespace faasbatch::admission {
namespace {

using workflow::Fault;

std::string textAt(std::string_view text, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(text, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

bool flagAt(std::string_view text, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(text, path);
  return raw && json::asBool(*raw).value_or(false);
}

std::string lineOf(const Fault& fault) {
  return (fault.path.empty() ? "" : fault.path + ": ") + fault.message;
}

std::string pathText(const workflow::Plan& plan) {
  const placement::Demand demand = placement::demandOf(plan);
  const std::vector<placement::StepWeight> weights(demand.steps.size());
  const placement::Graph graph(demand, weights);
  std::string text;
  for (const placement::StepIndex step : graph.longest([](auto, auto) { return true; }).steps)
    text += (text.empty() ? "" : " -> ") + demand.steps[step].name;
  return text;
}

std::vector<std::string> warningsOf(const workflow::Compiled& compiled, bool dryRun) {
  std::vector<std::string> warnings;
  for (const Fault& warning : compiled.warnings) {
    if (warnings.size() + 3 >= kMaxWarnings) {
      warnings.push_back("and " + std::to_string(compiled.warnings.size() - warnings.size()) + " more");
      break;
    }
    warnings.push_back(lineOf(warning));
  }
  if (dryRun) {
    const workflow::Plan& plan = *compiled.plan;
    const std::string end =
        "a run ends after " + workflow::formatDuration(plan.timeout) + " (spec.timeout) at the latest";
    const auto worst = worstCase(plan);
    warnings.push_back("spec.steps: the longest path, until something is measured: " + pathText(plan));
    warnings.push_back(worst ? "spec.steps: by the timeouts of its steps a run takes up to " +
                                   workflow::formatDuration(*worst) + "; " + end
                             : "spec.steps: " + end);
  }
  for (std::string& warning : warnings) warning = json::shortened(std::move(warning), kMaxWarningBytes);
  return warnings;
}

void appendCause(std::string& out, const Fault& fault) {
  json::Object cause(out);
  cause.text("reason", "FieldValueInvalid").text("message", fault.message);
  if (!fault.path.empty()) cause.text("field", fault.path);
  cause.end();
}

void refuse(json::Object& response, const std::string& name, const std::vector<Fault>& faults) {
  std::string message = "the FunctionWorkflow \"" + name + "\" is invalid:";
  for (const Fault& fault : faults) message += "\n* " + lineOf(fault);
  response.boolean("allowed", false);
  json::Object status(response.key("status"));
  status.text("status", "Failure")
      .number("code", 422)
      .text("reason", "Invalid")
      .text("message", json::shortened(std::move(message), kMaxMessageBytes));
  json::Object details(status.key("details"));
  details.text("name", name).text("group", "faasbatch.io").text("kind", "FunctionWorkflow");
  json::appendList(details.key("causes"), std::views::take(faults, kMaxCauses), appendCause);
  details.end();
  status.end();
}

void accept(json::Object& response, const std::vector<std::string>& warnings) {
  response.boolean("allowed", true);
  if (!warnings.empty()) json::appendTexts(response.key("warnings"), warnings);
}

bool sameSpec(std::string_view request) {
  const auto now = json::at(request, {"object", "spec"});
  const auto before = json::at(request, {"oldObject", "spec"});
  return now && before && *now == *before;
}

// `object` with the name that the API server will make of generateName, so that the rest of it can be judged.
std::string named(std::string_view object, const std::string& generateName) {
  std::string out;
  json::Object copy(out);
  const auto members = json::members(object);
  for (const json::Member& member : *members) {
    if (member.key != "metadata") copy.raw(member.key, member.value);
  }
  json::Object metadata(copy.key("metadata"));
  metadata.text("name", generateName + "x");
  metadata.end();
  copy.end();
  return out;
}

}  // namespace

base::Result<std::string> answerReview(std::string_view review) {
  if (const auto checked = json::check(review); !checked)
    return base::fail("InvalidReview", checked.error().message);
  const auto request = json::at(review, {"request"});
  const std::string uid = request ? textAt(*request, {"uid"}) : "";
  if (uid.empty())
    return base::fail("InvalidReview", "the body is no AdmissionReview with a request and its uid");
  const auto object = json::at(*request, {"object"});
  std::string out;
  json::Object answer(out);
  answer.text("apiVersion", "admission.k8s.io/v1").text("kind", "AdmissionReview");
  json::Object response(answer.key("response"));
  response.text("uid", uid);
  const bool update = textAt(*request, {"operation"}) == "UPDATE";
  if (!object || *object == "null" || (update && sameSpec(*request))) {
    response.boolean("allowed", true);  // a deletion, or nothing of ours has changed
  } else {
    std::string name = textAt(*object, {"metadata", "name"});
    const std::string generateName = textAt(*object, {"metadata", "generateName"});
    const bool unnamed = name.empty() && !generateName.empty();
    const auto compiled = workflow::compile(unnamed ? named(*object, generateName) : std::string(*object),
                                            textAt(*request, {"namespace"}));
    if (compiled) {
      accept(response, warningsOf(*compiled, flagAt(*request, {"dryRun"})));
    } else {
      refuse(response, unnamed ? generateName : name, compiled.error());
    }
  }
  response.end();
  answer.end();
  return out;
}

}  // namespace faasbatch::admission
