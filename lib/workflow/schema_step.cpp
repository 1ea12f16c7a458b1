#include "lib/workflow/manifest.h"
#include "lib/workflow/names.h"
#include "lib/workflow/plan.h"
#include "lib/workflow/schema_build.h"

namespace faasbatch::workflow {
namespace {

constexpr std::int64_t kMaxForeachConcurrency = 100'000;
constexpr std::int64_t kMaxRepeats = 1'000'000;
constexpr std::int64_t kMaxConstantItems = 100'000;
constexpr Bounds kStepCount{1, kMaxSteps};  // every arm has a step: there are no more arms than steps
constexpr DurationBounds kTimeoutBounds{.least = std::chrono::milliseconds(1),
                                        .most = std::chrono::hours(24 * 365)};

FieldSchema innerSteps(std::string description) {
  return maps("steps", "step", kStepCount, stepSchema, "name", std::move(description));
}

const MapSchema& armSchema() {
  static const MapSchema schema{
      .fields = {expression("when", FieldKind::kCondition,
                            "Whether this arm is the one to run: true, false or one expression, \"${...}\". "
                            "The arm without "
                            "it comes last and is the default."),
                 required(innerSteps("What this arm runs. Its output is that of its last step."))}};
  return schema;
}

const MapSchema& catchSchema() {
  static const MapSchema schema{
      // No default in the schema: it would stand beside an `on:` that kubectl has read as true.
      .fields = {texts("on", "error type", {1, kMaxErrorTypes}, kMaxWordCharacters, kErrorTypeForm,
                       "Which error types are caught. Default: all but Cancelled, as \"*\" says it."),
                 onReadAsTrue({1, kMaxErrorTypes}),
                 required(innerSteps(
                     "What runs instead of failing. Expressions in it see error.type, error.message, "
                     "error.step and error.attempts."))}};
  return schema;
}

FieldSchema foreachItems() {
  FieldSchema items =
      expression("items", FieldKind::kItems,
                 "A list, or one expression that gives one: \"${steps.split.output.chunks}\".");
  items.count = {0, kMaxConstantItems};
  return items;
}

const MapSchema& foreachSchema() {
  static const MapSchema schema{
      .fields = {
          required(foreachItems()),
          integer("maxConcurrency", {1, kMaxForeachConcurrency},
                  "How many items run at once. Default: as many as the function's queue and pool take.")}};
  return schema;
}

const MapSchema& repeatSchema() {
  static const MapSchema schema{
      .fields = {required(expression(
                     "until", FieldKind::kCondition,
                     "The last turn is the one after which this is true. Sees output, this turn's.")),
                 fallbackNumber(integer("limit", {1, kMaxRepeats}, "No more turns than these."),
                                kDefaultRepeatLimit),
                 fallbackTime(duration("delay", {}, "Between two turns."), base::Duration(0))}};
  return schema;
}

const MapSchema& failSchema() {
  static const MapSchema schema{
      .fields = {
          required(text("type", kMaxTextCharacters, kAnyText, "The error type, which catch and retry name.")),
          text("message", kMaxTextCharacters, kAnyText, "For people. Both may hold expressions.")}};
  return schema;
}

FieldSchema waitField() {
  FieldSchema wait = duration(
      "wait", {}, "Waits for so long (\"5s\"), or until then (\"${timestamp(input.at)}\"). Output: null.");
  wait.kind = FieldKind::kWait;
  wait.form = &kWaitForm;
  wait.length.most = kMaxTextCharacters;
  return wait;
}

std::vector<FieldSchema> kindFields() {
  return {
      text("function", kMaxStepNameBytes, kAnyText,
           "Calls this function of spec.functions. Output: what its handler returns."),
      text("workflow", kMaxObjectNameBytes, kObjectNameForm,
           "Runs this FunctionWorkflow of the same namespace. Output: that workflow's."),
      innerSteps("A group: runs these steps. Output: that of the last one."),
      maps("switch", "arm", kStepCount, armSchema, "",
           "Runs the first arm whose when is true. Output: that of the arm's last step, or null where none "
           "ran."),
      waitField(),
      map("fail", failSchema, "Ends the run with an error, unless a catch takes it."),
  };
}

std::vector<FieldSchema> stepFields() {
  std::vector<FieldSchema> fields{required(text(
      "name", kMaxStepNameBytes, kStepNameForm,
      "What expressions and after call the step: steps.NAME.output, or steps['NAME'].output where it has a "
      "hyphen. Unique in the whole object; seen by the steps of the same list and of the lists inside "
      "them."))};
  for (FieldSchema& kind : kindFields()) fields.push_back(std::move(kind));
  const std::vector<FieldSchema> rest{
      anything(
          "input",
          "Of function and workflow: any JSON, whose strings may hold expressions. A string that is exactly "
          "one "
          "\"${...}\" has that value. Naming another step of the list makes it a predecessor. Default: the "
          "run's input."),
      texts(
          "after", "step", {0, kMaxSteps}, kMaxStepNameBytes, kAnyText,
          "Steps of the same list or of one around it that must have ended before; for order without data."),
      expression("when", FieldKind::kCondition,
                 "The step is skipped, with null as its output, where this is false: true, false or one "
                 "\"${...}\"."),
      duration("timeout", kTimeoutBounds, "Of the step as a whole, over all its attempts, items and turns."),
      map("retry", retrySchema,
          "Retries of this step, in place of its function's. A lost pod, a batch mate's crash and a "
          "lost agent are retried up to three times by themselves."),
      maps("catch", "arm", kStepCount, catchSchema, "",
           "What to do when the step has failed for good: the first arm that names the error's type. Its "
           "last step's output "
           "becomes the step's."),
      map("foreach", foreachSchema,
          "Runs a function, workflow or group for each item of a list, with item and index inside. "
          "Output: the outputs in the order of the items."),
      map("repeat", repeatSchema,
          "Runs a function, workflow or group until a condition holds, with index and last (the "
          "output of the turn before) inside. Output: that of the last turn."),
  };
  fields.insert(fields.end(), rest.begin(), rest.end());
  return fields;
}

}  // namespace

const MapSchema& stepSchema() {
  static const MapSchema schema{
      .fields = stepFields(),
      .exactlyOne = Union{"a step", {"function", "workflow", "steps", "switch", "wait", "fail"}},
      .rules = {{"!(has(self.foreach) && has(self.repeat))",
                 "must not stand together with foreach: put one of them on a group (steps) around the other",
                 "repeat"},
                {"!has(self.foreach) || has(self.__function__) || has(self.workflow) || has(self.steps)",
                 "must not stand on a switch, wait or fail step: put it into a group (steps) with foreach",
                 "foreach"},
                {"!has(self.repeat) || has(self.__function__) || has(self.workflow) || has(self.steps)",
                 "must not stand on a switch, wait or fail step: put it into a group (steps) with repeat",
                 "repeat"}}};
  return schema;
}

}  // namespace faasbatch::workflow
