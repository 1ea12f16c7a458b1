// A workflow, or a run of it, as Mermaid text.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/workflow/plan.h"

namespace faasbatch::cli {

// Step name to status, as a record has it: the worst of its instances and attempts.
using Outcomes = std::map<std::string, std::string, std::less<>>;
Outcomes outcomesOf(std::string_view record);

// Pure. Groups, switches and catches are subgraphs; edges run from a step to those that need it. With
// outcomes, steps are coloured by theirs.
std::string drawGraph(const workflow::Plan& plan, const Outcomes* outcomes);

}  // namespace faasbatch::cli
