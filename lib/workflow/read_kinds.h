// The kinds of steps, each read from its fields.
#pragma once

#include "lib/workflow/compiling.h"
#include "lib/workflow/fields.h"

namespace faasbatch::workflow {

using tree::Tree;

using KindReader = void (*)(Compiling& c, Node& node, const Fields& step, const Scope& inside);

void readFunctionStep(Compiling& c, Node& node, const Fields& step, const Scope& inside);
void readWorkflowStep(Compiling& c, Node& node, const Fields& step, const Scope& inside);
void readGroup(Compiling& c, Node& node, const Fields& step, const Scope& inside);
void readSwitch(Compiling& c, Node& node, const Fields& step, const Scope& inside);
void readWait(Compiling& c, Node& node, const Fields& step, const Scope& inside);
void readFail(Compiling& c, Node& node, const Fields& step, const Scope& inside);

// A field that is true, false or exactly one expression.
std::optional<Template> readCondition(Compiling& c, NodeIndex node, const Fields& fields,
                                      std::string_view key, const Scope& scope);
// `: write "${input.x}"` for a string without an expression, which is often one that lacks its ${}.
std::string wrapHint(const Tree& tree);
// Says where the list of steps of an arm is missing or none.
void requireSteps(const Fields& arm);

}  // namespace faasbatch::workflow
