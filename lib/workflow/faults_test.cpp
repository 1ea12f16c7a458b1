// Every rule of a manifest, by the message that breaking it gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/workflow/compile_test_support.h"

namespace faasbatch::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct Case {
  std::string_view name;
  std::string_view spec;  // below spec, beside the functions f and g
  std::vector<std::string> faults;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class StepFaults : public ::testing::TestWithParam<Case> {};

TEST_P(StepFaults, AreReportedWithTheirPath) {
  EXPECT_THAT(testing::faultsOf(testing::manifestWith(GetParam().spec)), ElementsAreArray(GetParam().faults));
}

const Case kReferenceCases[] = {
    {"UnknownStep",
     "steps:\n- {name: split, function: f}\n- {name: b, function: f}\n- {name: c, function: f, input: {text: "
     "'${steps.splt.output}'}}",
     {R"(spec.steps[2].input.text: unknown step "splt", did you mean "split"?)"}},
    {"UnknownStepWithoutHint",
     "steps:\n- {name: a, function: f, input: '${steps.zzz.output}'}",
     {R"(spec.steps[0].input: unknown step "zzz")"}},
    {"ItselfAndInsideOut",
     "steps:\n- {name: a, function: f, input: '${steps.a.output}', after: [a]}",
     {R"(spec.steps[0].input: the step "a" cannot refer to itself; in repeat, `last` is its output of the turn before)",
      R"(spec.steps[0].after[0]: the step "a" cannot come after itself)"}},
    {"Holder",
     "steps:\n- name: g1\n  steps: [{name: a, function: f, input: '${steps.g1.output}'}]",
     {R"(spec.steps[0].steps[0].input: the step "g1" holds this step and has no output yet)"}},
    {"OwnCatch",
     "steps:\n- name: a\n  function: f\n  catch: [{on: ['*'], steps: [{name: b, function: f, input: "
     "'${steps.a.output}'}]}]",
     {R"(spec.steps[0].catch[0].steps[0].input: the step "a" has failed where its catch runs, and has no output: use `error`)"}},
    {"IntoAGroup",
     "steps:\n- name: g1\n  steps: [{name: a, function: f}]\n- {name: b, function: f, input: "
     "'${steps.a.output}'}\n"
     "output: '${steps.a.output}'",
     {R"(spec.steps[1].input: the step "a" is inside the step "g1": from here, name "g1" as a whole)",
      R"(spec.output: the step "a" is inside the step "g1": from here, name "g1" as a whole)"}},
    {"IntoAnotherArm",
     "steps:\n- name: s\n  switch:\n  - {when: true, steps: [{name: a, function: f}]}\n"
     "  - {steps: [{name: b, function: f, input: '${steps.a.output}'}]}",
     {R"(spec.steps[0].switch[1].steps[0].input: the step "a" is in another list of the step "s" and cannot be named from here)"}},
    {"IndexedByAVariable",
     "steps:\n- {name: a, function: f, input: '${steps[input.x].output}'}",
     {"spec.steps[0].input: `steps` must be followed by the constant name of a step: steps.NAME or "
      "steps['NAME']"}},
    {"Hyphen",
     "steps:\n- {name: a-b, function: f}\n- {name: c, function: f, input: ['${steps.a-b.output}', "
     "\"${steps['a-b'].output}\"]}",
     {R"(spec.steps[1].input[0]: write steps['a-b'] for the step "a-b": steps.a-b is a subtraction)"}},
    {"HyphenThatParses",
     "steps:\n- {name: a-index, function: f}\n- {name: a, function: f}\n"
     "- {name: c, foreach: {items: [1]}, function: f, input: '${steps.a-index}'}",
     {R"(spec.steps[2].input: write steps['a-index'] for the step "a-index": steps.a-index is a subtraction)"}},
    {"After",
     "steps:\n- {name: split, function: f}\n- {name: b, function: f, after: [splitt, 3]}",
     {R"(spec.steps[1].after[0]: unknown step "splitt", did you mean "split"?)",
      "spec.steps[1].after[1]: must be a string, not a number"}},
    {"Cycle",
     "steps:\n- {name: a, function: f, input: '${steps.c.output}'}\n- {name: b, function: f}\n- {name: c, "
     "function: g, input: '${steps.a.output}'}",
     {"spec.steps[0]: the steps wait for one another in a cycle: a -> c -> a"}},
    {"TwoCyclesOfThree",
     "steps:\n- {name: a, function: f, after: [c]}\n- {name: b, function: f, after: [a, d]}\n- {name: c, "
     "function: g, after: [b]}\n"
     "- {name: d, function: f, after: [b]}",
     {"spec.steps[0]: the steps wait for one another in a cycle: a -> b -> c -> a",
      "spec.steps[1]: the steps wait for one another in a cycle: b -> d -> b"}},
    {"CycleThroughAGroup",
     "steps:\n- {name: a, function: f, input: '${steps.g1.output}'}\n- name: g1\n  steps: [{name: b, "
     "function: f, input: '${steps.a.output}'}]",
     {"spec.steps[0]: the steps wait for one another in a cycle: a -> g1 -> a"}},
    {"RunMember",
     "steps:\n- {name: a, function: f, input: '${run.createdat}'}",
     {R"(spec.steps[0].input: unknown member of run "createdat", did you mean "createdAt"?)"}},
};

const Case kScopeCases[] = {
    {"OutsideOfLoops",
     "steps:\n- {name: a, function: f, input: {i: '${item}', x: '${index}', l: '${last}', o: '${output}', e: "
     "'${error.type}'}}",
     {"spec.steps[0].input.i: `item` has a value only inside foreach",
      "spec.steps[0].input.x: `index` has a value only inside foreach and repeat",
      "spec.steps[0].input.l: `last` has a value only inside repeat",
      "spec.steps[0].input.o: `output` has a value only in repeat.until; the output of a step is "
      "steps.NAME.output",
      "spec.steps[0].input.e: `error` has a value only inside catch"}},
    {"OwnItemInWhenAndItems",
     "steps:\n- {name: a, foreach: {items: '${item}'}, when: '${index > 0}', function: f, input: '${item}'}",
     {"spec.steps[0].when: `index` has a value only inside foreach and repeat",
      "spec.steps[0].foreach.items: `item` has a value only inside foreach"}},
    {"OutputOutsideUntil",
     "steps:\n- {name: a, repeat: {until: '${output > index && last == 1}'}, function: f, input: "
     "'${output}'}",
     {"spec.steps[0].input: `output` has a value only in repeat.until; the output of a step is "
      "steps.NAME.output"}},
    {"ItemInCatch",
     "steps:\n- {name: a, foreach: {items: [1]}, function: f, catch: [{steps: [{name: b, function: f, input: "
     "'${item}'}]}]}",
     {"spec.steps[0].catch[0].steps[0].input: `item` has a value only inside foreach"}},
    {"NestedScopesAreSeen",
     "steps:\n- name: a\n  foreach: {items: [1]}\n  steps:\n  - name: b\n    repeat: {until: '${item == "
     "output}'}\n    steps:\n"
     "    - {name: c, function: f, input: ['${item}', '${last}', '${index}'], when: '${item > 1}', "
     "catch: [{steps: [{name: d, function: f, input: ['${error.message}', '${item}']}]}]}",
     {}},
};

const Case kKindCases[] = {
    {"TwoKinds",
     "steps:\n- {name: h, function: f, wait: 5s}",
     {"spec.steps[0]: a step needs exactly one of function, workflow, steps, switch, wait, fail, and has "
      "function and wait"}},
    {"NoKind",
     "steps:\n- {name: h, input: 1}",
     {"spec.steps[0]: a step needs exactly one of function, workflow, steps, switch, wait, fail, and has "
      "none"}},
    {"UnknownFunction",
     "steps:\n- {name: a, function: gg}",
     {R"(spec.steps[0].function: unknown function "gg", did you mean "g"?)"}},
    {"UnknownField",
     "steps:\n- {name: a, function: f, inputs: 1}\noutputt: x",
     {R"(spec.outputt: unknown field "outputt", did you mean "output"?)",
      R"(spec.steps[0].inputs: unknown field "inputs", did you mean "input"?)"}},
    {"Timeout",
     "steps:\n- {name: a, function: f, timeout: soon}\n- {name: b, function: f, timeout: 5}\n- {name: c, "
     "function: f, timeout: 0s}",
     {R"(spec.steps[0].timeout: must be a duration such as "30s", "50ms" or "1m30s", not "soon")",
      R"(spec.steps[1].timeout: must be a duration such as "30s", "50ms" or "1m30s", not 5)",
      R"(spec.steps[2].timeout: must be from 1ms to 8760h, not "0s")"}},
    {"ForeachAndRepeat",
     "steps:\n- {name: a, foreach: {items: [1]}, repeat: {until: true}, function: f}",
     {"spec.steps[0].repeat: must not stand together with foreach: put one of them on a group (steps) around "
      "the other"}},
    {"LoopOnWait",
     "steps:\n- {name: a, foreach: {items: [1]}, wait: 1s}",
     {"spec.steps[0].foreach: must not stand on a wait step: put it into a group (steps) with foreach"}},
    {"InputOnGroup",
     "steps:\n- {name: a, input: 1, steps: [{name: b, function: f}]}",
     {"spec.steps[0].input: must not stand on a steps step: only function and workflow take an input"}},
    {"Foreach",
     "steps:\n- {name: a, foreach: {items: input.x}, function: f}\n- {name: b, foreach: {maxConcurrency: 0}, "
     "function: f}",
     {R"(spec.steps[0].foreach.items: must be a list, or one expression that gives one: "${...}", did you mean "${input.x}"?)",
      "spec.steps[1].foreach.maxConcurrency: must be a whole number from 1 to 100000, not 0",
      "spec.steps[1].foreach.items: is required"}},
    {"Repeat",
     "steps:\n- {name: a, repeat: {limit: 0, delay: x}, function: f}",
     {"spec.steps[0].repeat.limit: must be a whole number from 1 to 1000000, not 0",
      R"(spec.steps[0].repeat.delay: must be a duration such as "30s", "50ms" or "1m30s", not "x")",
      "spec.steps[0].repeat.until: is required"}},
    {"When",
     "steps:\n- {name: a, function: f, when: input.x > 3}\n- {name: b, function: f, when: '${input.a} and "
     "${input.b}'}",
     {R"(spec.steps[0].when: must be true, false or one expression: "${...}", did you mean "${input.x > 3}"?)",
      R"(spec.steps[1].when: must be true, false or one expression: "${...}")"}},
    {"Switch",
     "steps:\n- {name: a, switch: [{steps: [{name: b, function: f}]}, {when: true}]}\n- {name: c, switch: "
     "[]}\n"
     "- {name: d, switch: [{when: true, steps: []}]}",
     {"spec.steps[2].switch[0].steps: must hold at least one step",
      "spec.steps[0].switch[0]: the arm without when is the default and must come last",
      "spec.steps[0].switch[1].steps: is required", "spec.steps[1].switch: must hold at least one arm"}},
    {"Catch",
     "steps:\n- {name: a, function: f, catch: [{on: ['a b'], steps: [{name: b, function: f}]}, {on: []}]}",
     {R"(spec.steps[0].catch[0].on[0]: must be the name of an error type, or "*", not "a b")",
      "spec.steps[0].catch[1].on: must hold at least one error type",
      "spec.steps[0].catch[1].steps: is required"}},
    {"Wait",
     "steps:\n- {name: a, wait: 5}\n- {name: b, wait: 'in ${input.x}'}\n- {name: c, wait: '${input.x +}'}",
     {R"(spec.steps[0].wait: must be a duration such as "30s", "50ms" or "1m30s", not 5)",
      R"(spec.steps[1].wait: must be a duration such as "30s", "50ms" or "1m30s", not "in ${input.x}")",
      "spec.steps[2].wait: at 1:12: expected an expression, found the end"}},
    {"Fail",
     "steps:\n- {name: a, fail: {message: x}}\n- {name: b, fail: {type: 'no good'}}\n- {name: c, fail: boom}",
     {"spec.steps[0].fail.type: is required",
      R"(spec.steps[1].fail.type: must be the name of an error type, not "no good")",
      R"(spec.steps[2].fail: must be a map, not "boom")"}},
    {"Retry",
     "steps:\n- {name: a, function: f, retry: {backoff: {initial: 20s, factor: 0.5}}}\n- {name: b, function: "
     "f, retry: {limit: 101}}",
     {"spec.steps[0].retry.limit: is required",
      "spec.steps[0].retry.backoff.factor: must be a number from 1 to 100, not 0.5",
      "spec.steps[0].retry.backoff.max: must not be less than initial",
      "spec.steps[1].retry.limit: must be a whole number from 0 to 100, not 101"}},
    {"Names",
     "steps:\n- {name: a, function: f}\n- {name: 1a, function: f}\n- {name: a, function: f}\n- {function: "
     "f}\n- {name: 3, function: f}\n- x",
     {R"(spec.steps[1].name: must begin with a letter or "_" and go on with letters, digits, "_" and "-", not "1a")",
      R"(spec.steps[2].name: the name "a" is taken by spec.steps[0]: names of steps are unique in the whole object)",
      "spec.steps[3].name: is required", "spec.steps[4].name: must be a string, not a number",
      "spec.steps[5].name: is required", R"(spec.steps[5]: must be a map, not "x")"}},
    {"Expression",
     "steps:\n- {name: d, function: f, input: '${input.x +}'}\n- {name: e, function: f, input: {a: ['é ${1 + "
     "inptu}', '${nope(1)}', '${open']}}",
     {"spec.steps[0].input: at 1:12: expected an expression, found the end",
      R"(spec.steps[1].input.a[0]: at 1:9: unknown variable "inptu", did you mean "input"?)",
      R"(spec.steps[1].input.a[1]: at 1:3: unknown function "nope")",
      "spec.steps[1].input.a[2]: at 1:1: the expression that begins here with ${ is not closed by }, or a "
      "string literal "
      "in it is not ended"}},
    {"NoSteps", "steps: []", {"spec.steps: must hold at least one step"}},
    {"StepsAbsent",
     "timeout: 1s\ncontrol: worker",
     {R"(spec.control: must be one of Worker, Home, not "worker", did you mean "Worker"?)",
      "spec.steps: is required"}},
};

std::string caseName(const ::testing::TestParamInfo<Case>& info) { return std::string(info.param.name); }

INSTANTIATE_TEST_SUITE_P(References, StepFaults, ::testing::ValuesIn(kReferenceCases), caseName);
INSTANTIATE_TEST_SUITE_P(Scopes, StepFaults, ::testing::ValuesIn(kScopeCases), caseName);
INSTANTIATE_TEST_SUITE_P(Kinds, StepFaults, ::testing::ValuesIn(kKindCases), caseName);

TEST(Faults, AreAllReportedAtOnce) {
  EXPECT_THAT(
      testing::faultsOf(testing::manifestWith(
          "steps:\n- {name: a, function: f, input: '${steps.c.output}'}\n- {name: b, function: nosuch}\n"
          "- {name: c, function: g, input: '${steps.a.output}'}\n- {name: d, function: f, input: '${input.x "
          "+}'}\n"
          "- {name: e, function: f, input: '${steps.zz.output}'}\n- {name: a, function: f}\n- {name: h, "
          "function: f, wait: 5s}\n"
          "- {name: i, function: f, timeout: soon}\noutputt: x")),
      ElementsAre(
          R"(spec.outputt: unknown field "outputt", did you mean "output"?)",
          R"(spec.steps[5].name: the name "a" is taken by spec.steps[0]: names of steps are unique in the whole object)",
          R"(spec.steps[1].function: unknown function "nosuch")",
          "spec.steps[3].input: at 1:12: expected an expression, found the end",
          "spec.steps[6]: a step needs exactly one of function, workflow, steps, switch, wait, fail, and has "
          "function and wait",
          R"(spec.steps[7].timeout: must be a duration such as "30s", "50ms" or "1m30s", not "soon")",
          R"(spec.steps[4].input: unknown step "zz")",
          "spec.steps[0]: the steps wait for one another in a cycle: a -> c -> a"));
}

TEST(Faults, AreBounded) {
  std::string spec = "steps:";
  for (int i = 0; i < 300; ++i) spec += "\n- {name: s" + std::to_string(i) + ", function: nosuch}";
  const auto faults = testing::faultsOf(testing::manifestWith(spec));
  ASSERT_EQ(faults.size(), kMaxFaults + 1);
  EXPECT_EQ(faults.back(), ": and 100 more");
}

std::string steps(std::size_t n) {
  std::string spec = "steps:";
  for (std::size_t i = 0; i < n; ++i) spec += "\n- {name: s" + std::to_string(i) + ", function: f}";
  return spec;
}

TEST(Bounds, StepsAre2000) {
  EXPECT_THAT(testing::faultsOf(testing::manifestWith(steps(2000))), IsEmpty());
  EXPECT_THAT(testing::faultsOf(testing::manifestWith(steps(2001))),
              ElementsAre("spec.steps: more than 2000 steps in all"));
}

std::string nested(int depth) {
  std::string text = "steps: [{name: s0, function: f}]";
  for (int i = 1; i < depth; ++i) text = "steps: [{name: s" + std::to_string(i) + ", " + text + "}]";
  return text;
}

TEST(Bounds, NestingIs16) {
  EXPECT_THAT(testing::faultsOf(testing::manifestWith(nested(16))), IsEmpty());
  std::string path = "spec.steps";
  for (int i = 0; i < 16; ++i) path += "[0].steps";
  EXPECT_THAT(testing::faultsOf(testing::manifestWith(nested(17))),
              ElementsAre(path + ": steps are nested more than 16 deep"));
}

TEST(Bounds, BytesAreAMebibyte) {
  const std::string much(kMaxManifestBytes, 'x');
  EXPECT_THAT(testing::faultsOf("a: " + much),
              ElementsAre(": the manifest has 1048579 bytes, more than 1048576"));
  std::string spec = "steps:\n- {name: s, function: f, input: [&big '" + std::string(1000, 'x') + "'";
  for (int i = 0; i < 1100; ++i) spec += ",*big";
  const auto faults = testing::faultsOf(testing::manifestWith(spec + "]}"));
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0], ::testing::HasSubstr("bytes as JSON, more than 1048576"));
}

TEST(Warnings, NameWhatIsNeverUsedOrNeverRuns) {
  EXPECT_THAT(testing::warningsOf(testing::manifestWith(R"(steps:
- {name: a, function: f, when: false}
- name: b
  switch:
  - {when: false, steps: [{name: b1, function: f}]}
  - {when: true, steps: [{name: b2, function: f}]}
  - {steps: [{name: b3, function: f}]}
- name: c
  function: f
  catch:
  - {on: [X, Y], steps: [{name: c1, function: f}]}
  - {on: [Y], steps: [{name: c2, function: f}]}
  - {steps: [{name: c3, function: f}]}
  - {on: [Z], steps: [{name: c4, function: f}]}
  - {on: [Cancelled], steps: [{name: c5, function: f}]}
- {name: d, fail: {type: X}}
- {name: e, function: f, after: [d]}
- {name: h, workflow: test})")),
              ElementsAre(R"(spec.functions[1]: no step uses the function "g")",
                          "spec.steps[0]: never runs: its when is false",
                          "spec.steps[1].switch[0]: never runs: its when is false",
                          "spec.steps[1].switch[2]: never runs: an arm before it is always chosen",
                          "spec.steps[2].catch[1]: never runs: the arms before it catch all that it names",
                          "spec.steps[2].catch[3]: never runs: the arms before it catch all that it names",
                          R"(spec.steps[4]: never runs: it waits for the fail step "d")",
                          "spec.steps[5]: runs its own workflow without a when that would end it"));
}

}  // namespace
}  // namespace faasbatch::workflow
