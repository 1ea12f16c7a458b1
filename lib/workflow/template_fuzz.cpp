// Templates on any bytes: as JSON, and as the string of one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/json/check.h"
#include "lib/tree/tree.h"
#include "lib/workflow/template.h"

namespace {

using namespace faasbatch;

class Values final : public cel::Activation {
 public:
  std::optional<cel::Value> find(std::string_view variable) const override {
    if (variable == "input") return *cel::Value::fromJson(R"({"a":[1,2.5,"x"],"b":null})");
    if (variable == "index") return cel::Value::integer(1);
    return std::nullopt;
  }
};

void check(const std::expected<workflow::Template, std::vector<workflow::Template::Fault>>& parsed) {
  if (!parsed) {
    if (parsed.error().empty()) std::abort();
    return;
  }
  const Values values;
  const auto payload = parsed->render(values);
  if (payload && !json::check(payload->view(), 1000)) std::abort();
  if (parsed->constant() && !payload) std::abort();
  static_cast<void>(parsed->evaluate(values));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(workflow::Template::parse(std::string_view(text)));
  // Only text that came through a parser is UTF-8, so let one decide.
  const auto tree = tree::parseJson("\"" + text + "\"");
  if (tree) check(workflow::Template::parse(*tree));
  return 0;
}
