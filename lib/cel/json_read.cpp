// Value::fromJson over the SAX parser of nlohmann/json, which uses no stack per level.
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "lib/cel/value.h"

namespace faasbatch::cel {
namespace {

class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Value take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

  bool null() override { return add(Value::null()); }
  bool boolean(bool v) override { return add(Value::boolean(v)); }
  bool number_integer(number_integer_t v) override { return add(Value::integer(v)); }
  bool number_unsigned(number_unsigned_t v) override {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return add(v <= kMax ? Value::integer(static_cast<std::int64_t>(v))
                         : Value::real(static_cast<double>(v)));
  }
  bool number_float(number_float_t v, const string_t&) override { return add(Value::real(v)); }
  bool string(string_t& v) override { return add(Value::string(std::move(v))); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool key(string_t& v) override {
    open_.back().entries.emplace_back(Value::string(std::move(v)), Value::null());
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    problem_ = "not JSON: unexpected text at byte " + std::to_string(position);
    return false;
  }

 private:
  struct Container {
    bool isMap;
    std::vector<Value> items;
    std::vector<std::pair<Value, Value>> entries;
  };

  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().isMap) {
      open_.back().entries.back().second = std::move(value);
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }

  bool open(bool isMap) {
    if (open_.size() >= Value::kMaxJsonDepth) {
      problem_ = "JSON nested deeper than " + std::to_string(Value::kMaxJsonDepth) + " levels";
      return false;
    }
    open_.push_back({isMap, {}, {}});
    return true;
  }

  bool close() {
    Container done = std::move(open_.back());
    open_.pop_back();
    return add(done.isMap ? Value::map(std::move(done.entries)) : Value::list(std::move(done.items)));
  }

  std::vector<Container> open_;
  Value root_;
  std::string problem_;
};

}  // namespace

base::Result<Value> Value::fromJson(std::string_view json) {
  Builder builder;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &builder))
    return base::fail("InvalidJson", builder.problem());
  return builder.take();
}

}  // namespace faasbatch::cel
