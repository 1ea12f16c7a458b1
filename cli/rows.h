// What is shown of workflows and invocations, as rows of a table. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cli/workflows.h"

namespace faasbatch::cli {

inline constexpr std::size_t kMaxMessageShown = 80;  // bytes of an error's message in a row

// Of the API's list of objects, or of one object; the heading first. NAMESPACE is in front where all
// namespaces are shown. Kind "InvalidResponse".
base::Result<Workflows::Rows> workflowRows(std::string_view json, const Shown& shown);
// Of the API's list of invocations; likewise. `shown.name` does not count.
base::Result<Workflows::Rows> invocationRows(std::string_view json, const Shown& shown);

// Whether the list goes on behind what it holds.
bool hasMore(std::string_view json);

// As `-o name` prints them: "functionworkflow.faasbatch.io/order", "invocation/ID", one a line.
base::Result<std::string> workflowNames(std::string_view json);
base::Result<std::string> invocationNames(std::string_view json);

}  // namespace faasbatch::cli
