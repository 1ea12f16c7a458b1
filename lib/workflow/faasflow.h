// FaaSFlow's workflows as one graph of functions, whichever form they were written in. Readers make it,
// faasflowSizes() decides how its data travels, faasflowManifest() writes the FunctionWorkflow.
//
// A switch becomes conditions on edges, not a `switch` step: in both forms what follows a switch may join its
// branches and name their values one by one, which a switch step (seen from outside only as a whole) does not
// allow. A function runs when any edge into it is chosen and comes from a function that ran; it is skipped
// when none is. VIRTUAL functions, which only hold the graph together, leave no step: their edges are joined.
//
// Values of synthetic functions are filler, so conditions see the run's input only: INPUT.x that is absent,
// and anything else by name, counts as false or 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/tree/tree.h"
#include "lib/workflow/faults.h"

namespace faasbatch::workflow::faasflow {

inline constexpr std::uint64_t kDefaultOutputBytes = 8;  // of an output whose size is not given
inline constexpr std::uint64_t kDefaultKeys = 3;         // of a foreach whose number of keys is not given
inline constexpr std::uint64_t kMaxKeys = 1000;
inline constexpr std::uint64_t kMaxOutputBytes = 1ULL << 32;
inline constexpr std::size_t kMaxFunctionsRead = 2000;

// An output of a function.
struct Produced {
  std::size_t function = 0;
  std::string parameter;
};

// Where a value comes from: the first of these functions that ran, or, where there are none, the run's input.
struct Value {
  std::vector<Produced> candidates;
  std::string parameter;  // of the run's input
  bool item = false;      // neither: the item of this call of a foreach
};

struct Input {
  std::string name;
  Value value;
};

struct Output {
  std::string name;
  std::uint64_t size = kDefaultOutputBytes;
  std::uint64_t keys = 0;  // more than 0: a list of so many keys instead of bytes
  // By faasflowSizes():
  bool stored = false;  // travels through context.store
  bool drop = false;    // nobody reads it: removed as soon as it is written
};

struct Edge {
  std::optional<std::size_t> from;  // nothing: the run's start
  std::string condition;            // CEL; empty: always
};

// Functions that run once for each of the same items.
struct Loop {
  std::optional<Value> items;
  std::uint64_t count = kDefaultKeys;  // where there are no items to name
};

struct Function {
  std::string name;
  double seconds = 0;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<Edge> edges;  // none: runs at the start
  std::optional<std::size_t> loop;
};

struct Result {
  std::string name;
  Value value;
};

struct Flow {
  std::vector<Function> functions;
  std::vector<Loop> loops;
  std::vector<Result> results;

  // The output of that name, made with default size where the function does not declare it.
  Output& output(const Produced& produced);
};

// Both report what is wrong by its path in the file.
Flow readFlat(const Tree& file, Faults& faults);
Flow readHierarchical(const Tree& file, Faults& faults);

// Which outputs travel inline (few and small: kMaxInlineBytes for each call's input and output) and which
// through the store.
inline constexpr std::uint64_t kMaxInlineBytes = 256 * 1024;
void decideSizes(Flow& flow);

// Whether that function may be skipped: no edge into it is certain.
std::vector<bool> maySkip(const Flow& flow);

// The FunctionWorkflow, with one synthetic function that all steps share: its source is in
// synthetic_function.h.
Tree manifest(const Flow& flow, const std::string& name, double timeScale, Faults& faults);

// A condition of FaaSFlow (Python's comparisons, and, or, not, arithmetic) as CEL, or nothing and the reason
// in `fault`.
std::optional<std::string> condition(std::string_view python, std::string& fault);

// Reading the files: a missing or wrong member is an empty text, list or map.
const Tree& at(const Tree& tree, std::string_view key);
std::string textAt(const Tree& tree, std::string_view key);
std::optional<double> numberAt(const Tree& tree, std::string_view key);
std::optional<std::uint64_t> countAt(const Tree& tree, std::string_view key, std::uint64_t most);

// CEL for the member `name` of the run's input, or `otherwise` where it is absent; and a string literal.
std::string inputMember(const std::string& name, const std::string& otherwise);
std::string celString(std::string_view text);
// `steps.name` or `steps['a-b']`.
std::string selectMember(const std::string& of, const std::string& name);

}  // namespace faasbatch::workflow::faasflow
