#include "lib/cluster/report.h"

#include <limits>

#include "lib/cluster/reader.h"
#include "lib/json/check.h"
#include "lib/json/write.h"

namespace faasbatch::cluster {
namespace {

constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();  // kMaxReportBytes bounds lists

void appendStep(std::string& out, const StepMeasure& measure) {
  json::Object(out)
      .text("step", measure.step)
      .number("runs", measure.runs)
      .number("timeNs", measure.time.count())
      .number("outputBytes", measure.outputBytes)
      .end();
}

void appendWorkflow(std::string& out, const WorkflowReport& workflow) {
  json::Object object(out);
  object.text("namespace", workflow.nameSpace)
      .text("name", workflow.name)
      .text("uid", workflow.uid)
      .number("generation", workflow.generation)
      .text("placementDigest", workflow.placementDigest);
  if (!workflow.failure.empty()) object.text("failure", workflow.failure);
  object.number("active", workflow.active)
      .number("runs", workflow.runs)
      .number("p95Ns", workflow.p95.count())
      .number("pods", workflow.pods)
      .number("starving", workflow.starving);
  json::appendList(object.key("steps"), workflow.steps, appendStep);
  object.end();
}

void readStep(Reader& reader, StepMeasure& measure) {
  reader.text("step", measure.step)
      .number("runs", measure.runs)
      .duration("timeNs", measure.time)
      .number("outputBytes", measure.outputBytes);
}

void readWorkflow(Reader& reader, WorkflowReport& workflow) {
  reader.text("namespace", workflow.nameSpace)
      .text("name", workflow.name)
      .text("uid", workflow.uid)
      .number("generation", workflow.generation)
      .text("placementDigest", workflow.placementDigest)
      .text("failure", workflow.failure)
      .number("active", workflow.active)
      .number("runs", workflow.runs)
      .duration("p95Ns", workflow.p95)
      .number("pods", workflow.pods)
      .number("starving", workflow.starving)
      .list("steps", kAnyNumber, [&](Reader& item) { readStep(item, workflow.steps.emplace_back()); })
      .require(!workflow.nameSpace.empty() && !workflow.name.empty(), "namespace and name must be given");
}

}  // namespace

std::string toJson(const Report& report) {
  std::string out;
  json::Object object(out);
  object.text("node", report.node)
      .text("version", report.version)
      .text("incarnation", report.incarnation)
      .number("sequence", report.sequence)
      .number("pods", report.pods)
      .number("maxPods", report.maxPods)
      .boolean("draining", report.draining)
      .boolean("journalHealthy", report.journalHealthy);
  json::appendList(object.key("workflows"), report.workflows, appendWorkflow);
  object.end();
  return out;
}

base::Result<Report> reportFromJson(std::string_view json) {
  const auto invalid = [](const std::string& why) {
    return base::fail("InvalidReport", "the agent's report is not valid: " + why);
  };
  if (json.size() > kMaxReportBytes) {
    return invalid("it is larger than " + std::to_string(kMaxReportBytes) + " bytes");
  }
  if (const auto checked = json::check(json); !checked) return invalid(checked.error().message);
  Report report;
  Reader reader(json, "");
  reader.text("node", report.node)
      .text("version", report.version)
      .text("incarnation", report.incarnation)
      .number("sequence", report.sequence)
      .number("pods", report.pods)
      .number("maxPods", report.maxPods)
      .boolean("draining", report.draining)
      .boolean("journalHealthy", report.journalHealthy)
      .list("workflows", kAnyNumber,
            [&](Reader& item) { readWorkflow(item, report.workflows.emplace_back()); })
      .require(!report.node.empty() && !report.incarnation.empty(), "node and incarnation must be given");
  if (!reader.fault().empty()) return invalid(reader.fault());
  return report;
}

}  // namespace faasbatch::cluster
