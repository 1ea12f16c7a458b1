// The rules for functions and for the object around the spec.
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
  std::string_view function;  // in flow style, its name is f
  std::vector<std::string> faults;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class FunctionFaults : public ::testing::TestWithParam<Case> {};

TEST_P(FunctionFaults, AreReportedWithTheirPath) {
  const std::string manifest =
      "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: x}\nspec:\n  functions:\n "
      " - {name: f, " +
      std::string(GetParam().function) + "}\n  steps: [{name: s, function: f}]\n";
  std::vector<std::string> faults;
  for (const std::string& fault : GetParam().faults) faults.push_back("spec.functions[0]" + fault);
  EXPECT_THAT(testing::faultsOf(manifest), ElementsAreArray(faults));
}

const Case kCases[] = {
    {"SourceTwice",
     "handler: m.f, source: {inline: x, path: /y}",
     {".source: a source needs exactly one of inline, configMap, archive, path, and has inline and path"}},
    {"SourceNone",
     "handler: m.f, source: {}",
     {".source: a source needs exactly one of inline, configMap, archive, path, and has none"}},
    {"SourceAbsent", "handler: m.f", {".source: is required"}},
    {"HandlerAbsent", "source: {inline: x}", {".handler: is required"}},
    {"HandlerForm",
     "handler: f, source: {inline: x}",
     {R"(.handler: must be MODULE.NAME, such as "count.handler", not "f")"}},
    {"HandlerInlineDots",
     "handler: a.b.c, source: {inline: x}",
     {R"(.handler: must be MODULE.NAME with one dot where the source is inline (the text becomes MODULE.py), not "a.b.c")"}},
    {"HandlerDots", "handler: a.b.c, source: {path: /x}", {}},
    {"ConfigMap",
     "handler: m.f, source: {configMap: {name: A}}",
     {R"(.source.configMap.name: must be lower case letters, digits, "-" and ".", beginning and ending with a letter or digit, not "A")",
      ".source.configMap.key: is required"}},
    {"Archive",
     "handler: m.f, source: {archive: {url: 'ftp://x', sha256: abc}}",
     {R"(.source.archive.url: must begin with https:// or http://, not "ftp://x")",
      R"(.source.archive.sha256: must be 64 hex digits, not "abc")"}},
    {"NativeInline",
     "runtime: Native, handler: run, source: {inline: x}",
     {".source: a Native function needs source.path (a shared object inside the pod) or "
      "source.archive (a zip that holds it), not inline"}},
    {"ContainerBare", "runtime: Container", {".image: is required where the runtime is Container"}},
    {"ContainerInline",
     "runtime: Container, image: i, source: {inline: x}",
     {".source: a Container function brings its code in its image: leave inline out"}},
    {"ContainerRight", "runtime: Container, image: i", {}},
    {"RuntimeCase",
     "runtime: python, handler: m.f, source: {inline: x}",
     {R"(.runtime: must be one of Python, Native, Container, not "python", did you mean "Python"?)"}},
    {"Exclusive",
     "handler: m.f, source: {inline: x}, concurrency: {mode: Exclusive, limit: 4}",
     {".concurrency.limit: must be 1 where the mode is Exclusive (one call at a time in a pod), not 4"}},
    {"ConcurrencyBounds",
     "handler: m.f, source: {inline: x}, concurrency: {limit: 0, modes: x}",
     {R"(.concurrency.modes: unknown field "modes", did you mean "mode"?)",
      ".concurrency.limit: must be a whole number from 1 to 1000, not 0"}},
    {"Batching",
     "handler: m.f, source: {inline: x}, batching: {policy: fixed, maxSize: 1.5, maxQueue: '3', window: 1h}",
     {R"(.batching.policy: must be one of Adaptive, FixedWindow, None, Kraken, SFS, Unbatched, not "fixed")",
      R"(.batching.window: must be from 0s to 10m, not "1h")",
      ".batching.maxSize: must be a whole number from 1 to 10000, not 1.5",
      R"(.batching.maxQueue: must be a whole number from 1 to 1000000, not "3")"}},
    {"FixedWindow",
     "handler: m.f, source: {inline: x}, batching: {policy: FixedWindow, window: 0s}",
     {".batching.window: must be more than 0s where the policy is FixedWindow"}},
    {"Pool",
     "handler: m.f, source: {inline: x}, pool: {minWarm: 3, maxPods: 2}",
     {".pool.minWarm: must not be more than maxPods (2), but is 3"}},
    {"Bindings",
     "handler: m.f, source: {inline: x}, bindings: [{name: a, redis: {}}, {name: a, couchdb: {url: x, "
     "secretRef: {name: y}}}, {name: b}]",
     {R"(.bindings[1].name: "a" is given twice)",
      ".bindings[0].redis: a connection needs exactly one of url, secretRef, and has none",
      ".bindings[1].couchdb: a connection needs exactly one of url, secretRef, and has url and secretRef",
      ".bindings[2]: a binding needs exactly one of redis, couchdb, and has none"}},
    {"Env",
     "handler: m.f, source: {inline: x}, env: [{name: A, value: 1}, {value: x}, {name: B, value: x, "
     "valueFrom: {}}]",
     {".env[0].value: must be a string, not 1", ".env[1].name: is required",
      ".env[2].valueFrom: must not be given together with value"}},
    {"EnvSource",
     "handler: m.f, source: {inline: x}, env: [{name: A, valueFrom: {}}, {name: B, valueFrom: {secretKeyRef: "
     "{name: s, key: a b}}}, {name: A=B}, {name: C, value: ''}], envFrom: [{prefix: P}, {secretRef: {name: "
     "S}}]",
     {".env[0].valueFrom: valueFrom needs exactly one of fieldRef, resourceFieldRef, configMapKeyRef, "
      "secretKeyRef, "
      "and has none",
      R"(.env[1].valueFrom.secretKeyRef.key: must be letters, digits, "-", "_" and ".", not "a b")",
      R"(.env[2].name: must not hold "=", but is "A=B")",
      ".envFrom[0]: envFrom needs exactly one of configMapRef, secretRef, and has none",
      R"(.envFrom[1].secretRef.name: must be lower case letters, digits, "-" and ".", beginning and ending with a letter or digit, not "S")"}},
    {"Resources",
     "handler: m.f, source: {inline: x}, resources: {requests: {cpu: 0.5, memory: 2Gi, 'a b': 1}, limits: "
     "{cpu: 2, "
     "memory: 1Gi, x: -1, y: 1 GB}, claims: []}",
     {R"(.resources.claims: unknown field "claims")",
      R"(.resources.requests.cpu: must be a whole number or a quantity such as "500m" or "256Mi", not 0.5: put it in quotes)",
      R"(.resources.requests[a b]: must be the key of a label such as "disk" or "example.com/disk", not "a b")",
      R"(.resources.limits.x: must be a whole number or a quantity such as "500m" or "256Mi", not -1: put it in quotes)",
      R"(.resources.limits.y: must be a quantity such as "500m" or "256Mi", not "1 GB")",
      ".resources.requests: asks for 2Gi of memory, more than its limit 1Gi"}},
    {"NodeSelector",
     "handler: m.f, source: {inline: x}, nodeSelector: {disk: ssd, a/b/c: x, x: a b, y: true, z: ''}",
     {R"(.nodeSelector[a/b/c]: must be the key of a label such as "disk" or "example.com/disk", not "a/b/c")",
      R"(.nodeSelector.x: must be the value of a label (letters, digits, "-", "_", "."), not "a b")",
      ".nodeSelector.y: must be a string, not a boolean: put it in quotes"}},
    {"Tolerations",
     "handler: m.f, source: {inline: x}, tolerations: [{}, {operator: Exists}, {key: a, operator: Exists, "
     "value: b}, "
     "{key: a, tolerationSeconds: 3}, {key: a, effect: NoExecute, tolerationSeconds: 3}, {key: a, operator: "
     "exists}]",
     {".tolerations[0].operator: must be Exists where there is no key",
      ".tolerations[2].value: must be left out where the operator is Exists",
      ".tolerations[3].tolerationSeconds: needs the effect NoExecute",
      R"(.tolerations[5].operator: must be one of Exists, Equal, not "exists", did you mean "Exists"?)"}},
    {"Share",
     "handler: m.f, source: {inline: x}, share: [Redis, redis.Redis]",
     {R"(.share[0]: must be a dotted name such as "redis.Redis", not "Redis")"}},
    {"Types",
     "handler: 3, source: [], concurrency: x, retry: 3, timeout: {}",
     {".source: must be a map, not a list", ".handler: must be a string, not 3",
      R"(.concurrency: must be a map, not "x")",
      R"(.timeout: must be a duration such as "30s", "50ms" or "1m30s", not a map)",
      ".retry: must be a map, not 3"}},
    {"Nul", R"(handler: m.f, source: {inline: "a\0b"})", {".source.inline: must not hold a NUL character"}},
};

INSTANTIATE_TEST_SUITE_P(Functions, FunctionFaults, ::testing::ValuesIn(kCases),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           return std::string(info.param.name);
                         });

TEST(ObjectFaults, NameTheTypeThatIsMeant) {
  EXPECT_THAT(testing::faultsOf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}"),
              ElementsAre(R"(apiVersion: must be "faasbatch.io/v1alpha1", not "v1")",
                          R"(kind: must be "FunctionWorkflow", not "Pod")"));
  EXPECT_THAT(testing::faultsOf("{}"), ElementsAre("apiVersion: is required", "kind: is required",
                                                   "metadata: is required", "spec: is required"));
}

TEST(ObjectFaults, ComeOfTextThatIsNoManifest) {
  EXPECT_THAT(testing::faultsOf("- 1"), ElementsAre(": must be a map, not a list"));
  EXPECT_THAT(testing::faultsOf(""), ElementsAre(": must be a map, not null"));
  EXPECT_THAT(testing::faultsOf("a: [1").size(), 1u);
  EXPECT_THAT(testing::faultsOf("{\"a\": 1, \"a\": 2}").size(), 1u);
  EXPECT_THAT(testing::faultsOf(std::string_view("\0", 1)),
              ElementsAre(": not YAML: line 1: the control character 0 is not allowed"));
}

TEST(ObjectFaults, OfMetadata) {
  const auto with = [](std::string_view metadata) {
    return testing::faultsOf("apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: " +
                             std::string(metadata) + "\nspec: {steps: [{name: w, wait: 1s}]}");
  };
  EXPECT_THAT(
      with("{name: a.b-c, labels: {x: 'y'}, annotations: {a.b/c: z}, finalizers: [x], generation: 3}"),
      IsEmpty());
  EXPECT_THAT(with("{name: " + std::string(253, 'a') + "}"), IsEmpty());
  EXPECT_THAT(with("{name: " + std::string(254, 'a') + "}"),
              ElementsAre("metadata.name: must be at most 253 characters, not 254"));
  for (const std::string_view wrong : {"A", "-a", "a-", "a..b", ".a", "a_b", "a.-b"}) {
    EXPECT_THAT(
        with("{name: " + std::string(wrong) + "}"),
        ElementsAre(
            "metadata.name: must be lower case letters, digits, \"-\" and \".\", beginning and ending with a "
            "letter or digit, not \"" +
            std::string(wrong) + "\""));
  }
  EXPECT_THAT(
      with("{name: a, namespace: other}"),
      ElementsAre(R"(metadata.namespace: is "other", but the request is for the namespace "default")"));
  EXPECT_THAT(with("{name: a, label: {}, labels: {a.b/c: 1}}"),
              ElementsAre(R"(metadata.label: unknown field "label", did you mean "labels"?)",
                          "metadata.labels[a.b/c]: must be a string, not a number: put it in quotes"));
}

TEST(FunctionBounds, OfTextsAndLists) {
  const auto faults = [](const std::string& function) {
    return testing::faultsOf(
        "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: x}\nspec:\n  "
        "functions: [{name: f, handler: m.f, source: {inline: x}, " +
        function + "}]\n  steps: [{name: s, function: f}]\n");
  };
  const std::string image(1'024, 'x');
  EXPECT_THAT(faults("image: " + image), IsEmpty());
  EXPECT_THAT(faults("image: x" + image),
              ElementsAre("spec.functions[0].image: must be at most 1024 characters, not 1025"));
  std::string umlauts;  // characters are counted, not bytes
  for (int i = 0; i < 1'024; ++i) umlauts += "\u00e4";
  EXPECT_THAT(faults("image: " + umlauts), IsEmpty());
  std::string shared;
  for (int i = 0; i < 101; ++i) shared += "a.b,";
  EXPECT_THAT(faults("share: [" + shared + "]"),
              ElementsAre("spec.functions[0].share: must hold at most 100 names, not 101"));
  EXPECT_THAT(faults("timeout: 0." + std::string(70, '0') + "1h"),
              ElementsAre("spec.functions[0].timeout: must be at most 64 characters, not 74"));
}

TEST(ObjectFaults, MoreThan100Functions) {
  std::string functions;
  for (int i = 0; i < 101; ++i)
    functions += "  - {name: f" + std::to_string(i) + ", handler: m.f, source: {inline: x}}\n";
  EXPECT_THAT(testing::faultsOf("apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: "
                                "x}\nspec:\n  functions:\n" +
                                functions + "  steps: [{name: s, function: f77}]\n"),
              ElementsAre("spec.functions: must hold at most 100 functions, not 101"));
}

TEST(Documents, OfAStreamAreSplitAtTheirMarkers) {
  EXPECT_THAT(
      splitDocuments("%YAML 1.2\n---\na: 1\n---\n# nothing\n--- {b: 2}\n...\nc: |\n  --- no marker\n"),
      ElementsAre("\na: 1\n", " {b: 2}\n", "\nc: |\n  --- no marker\n"));
  EXPECT_THAT(splitDocuments(""), IsEmpty());
}

}  // namespace
}  // namespace faasbatch::workflow
