#include <cctype>

#include "lib/json/quote_name.h"
#include "lib/workflow/compiling.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {

std::string hyphenHint(const Compiling& c, const std::string& expression) {
  constexpr std::string_view kPrefix = "steps.";
  for (std::size_t at = expression.find(kPrefix); at != std::string::npos;
       at = expression.find(kPrefix, at + 1)) {
    const std::size_t begin = at + kPrefix.size();
    std::size_t end = begin;
    while (end < expression.size() && (std::isalnum(static_cast<unsigned char>(expression[end])) != 0 ||
                                       expression[end] == '_' || expression[end] == '-')) {
      ++end;
    }
    const std::string name = expression.substr(begin, end - begin);
    if (!name.contains('-') || !c.steps.contains(name)) continue;
    std::string hint = "write steps['" + name + "'] for the step ";
    hint.append(json::quoteName(name)).append(": steps.").append(name).append(" is a subtraction");
    return hint;
  }
  return {};
}

std::optional<Template> readTemplate(Compiling& c, std::optional<NodeIndex> node, const Tree& tree,
                                     const std::string& path, const Scope& scope) {
  auto parsed = Template::parse(tree);
  if (parsed) {
    c.sites.push_back({node, path, *parsed, scope});
    return std::move(*parsed);
  }
  for (Template::Fault& fault : parsed.error()) {
    std::string hint = hyphenHint(c, fault.expression);
    c.faults.add(path + fault.path, hint.empty() ? std::move(fault.message) : std::move(hint));
  }
  return std::nullopt;
}

}  // namespace faasbatch::workflow
