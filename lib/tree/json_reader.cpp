#include <nlohmann/json.hpp>

#include "lib/tree/tree.h"
#include "lib/tree/tree_builder.h"

namespace faasbatch::tree {
namespace {

// The parser's calls, turned into a tree. Returning false stops it.
class Handler {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  bool null() { return put({}); }
  bool boolean(bool v) { return put(Tree::boolean(v)); }
  bool number_integer(number_integer_t v) { return put(Tree::number(std::to_string(v))); }
  bool number_unsigned(number_unsigned_t v) { return put(Tree::number(std::to_string(v))); }
  bool number_float(number_float_t, const string_t& text) { return put(Tree::number(text)); }
  bool string(string_t& v) { return put(Tree::string(std::move(v))); }
  bool binary(binary_t&) { return false; }
  bool start_object(std::size_t) { return accept(builder_.open(Tree::map())); }
  bool start_array(std::size_t) { return accept(builder_.open(Tree::list())); }
  bool key(string_t& v) { return accept(builder_.key(std::move(v))); }
  bool end_object() { return put(builder_.close()); }
  bool end_array() { return put(builder_.close()); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) {
    fault_ = e.what();
    // The library's own prefix says nothing to a user.
    if (const auto end = fault_.find("] "); end != std::string::npos) fault_.erase(0, end + 2);
    return false;
  }

  const std::string& fault() const { return fault_; }
  Tree take() { return builder_.takeRoot(); }

 private:
  bool put(Tree value) {
    builder_.put(std::move(value));
    return true;
  }
  bool accept(std::string fault) {
    fault_ = std::move(fault);
    return fault_.empty();
  }

  TreeBuilder builder_;
  std::string fault_;
};

}  // namespace

base::Result<Tree> parseJson(std::string_view json) {
  Handler handler;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &handler)) {
    return base::fail("InvalidJson", handler.fault().empty() ? "not a JSON text" : handler.fault());
  }
  return handler.take();
}

}  // namespace faasbatch::tree
