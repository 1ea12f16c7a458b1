// FaaSFlow's workflow files (ASPLOS 2022, release v1.1) to FunctionWorkflow manifests with synthetic
// functions.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace faasbatch::workflow {

enum class FaasflowForm { kHierarchical, kFlat };

struct ConvertOptions {
  std::string name;        // of the workflow: from the file's name; made a valid name
  double timeScale = 1.0;  // each function sleeps its run time multiplied by this; 0 to 1'000'000
};

// How the file's parts come over (the reasons are in faasflow.h):
// - each function becomes a step of one shared synthetic Python function (synthetic_function.h), whose input
// says how long to
//   sleep, what to read and what to write; step names are the functions', made valid and unique;
// - order: `next`, the sequence of a pass, and who reads whose output; all else runs side by side. VIRTUAL
// leaves no step;
// - switch: `when` on the steps of its branches, over the run's input (INPUT.x; absent is false or 0). A step
// runs when one of
//   the ways to it was chosen and what it comes from ran; a step that nothing leads to is skipped;
// - foreach: the target runs once for each key of its `key` input (split_ratio, else scale, else 3 of them);
// what comes after
//   sees the list of all outputs. A composite task runs part by part, each once for each item;
// - data: small outputs inline (256 KiB a call at most), larger ones through context.store, in pieces of 1
// MiB that expire
//   after ten minutes and are removed early where it is certain that nobody reads them any more.
//
// The manifest as JSON text, which compile() takes: it has been tried. Kinds "InvalidYaml",
// "InvalidWorkflow".
base::Result<std::string> convertFaasflow(std::string_view yaml, FaasflowForm form,
                                          const ConvertOptions& options);

}  // namespace faasbatch::workflow
