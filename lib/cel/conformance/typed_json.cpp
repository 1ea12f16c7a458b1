#include "lib/cel/conformance/typed_json.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lib/cel/map.h"
#include "lib/cel/number_text.h"

namespace faasbatch::cel {
namespace {

using Kind = Value::Kind;
using nlohmann::json;

std::string toHex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

std::string fromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(parseUint(hex.substr(i, 2), 16).value());
  return bytes;
}

Value readScalar(const std::string& kind, const json& content) {
  if (kind == "null") return Value::null();
  if (kind == "bool") return Value::boolean(content.get<bool>());
  const auto text = content.get<std::string>();
  if (kind == "int") return Value::integer(parseInt(text).value());
  if (kind == "uint") return Value::unsignedInteger(parseUint(text).value());
  if (kind == "double") return Value::real(parseDouble(text).value());
  if (kind == "string") return Value::string(text);
  if (kind == "bytes") return Value::bytes(fromHex(text));
  if (kind == "duration") return Value::duration(parseInt(text).value());
  if (kind == "type") return Value::type(text);
  throw std::invalid_argument("unknown kind " + kind);
}

json writeList(const Value& value) {
  json items = json::array();
  for (const Value& item : value.asList()) items.push_back(toTypedJson(item));
  return items;
}

json writeMap(const Value& value) {
  json entries = json::array();
  for (const auto& [key, item] : value.asMap().entries())
    entries.push_back(json::array({toTypedJson(key), toTypedJson(item)}));
  return entries;
}

}  // namespace

Value fromTypedJson(const json& typed) {
  const std::string& kind = typed.items().begin().key();
  const json& content = typed.items().begin().value();
  if (kind == "list") {
    std::vector<Value> items;
    for (const json& item : content) items.push_back(fromTypedJson(item));
    return Value::list(std::move(items));
  }
  if (kind == "map") {
    std::vector<MapValue::Entry> entries;
    for (const json& entry : content)
      entries.emplace_back(fromTypedJson(entry.at(0)), fromTypedJson(entry.at(1)));
    return Value::map(std::move(entries));
  }
  if (kind == "timestamp")
    return Value::timestamp(parseInt(content.at(0).get<std::string>()).value(),
                            static_cast<std::int32_t>(parseInt(content.at(1).get<std::string>()).value()));
  return readScalar(kind, content);
}

json toTypedJson(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return {{"null", nullptr}};
    case Kind::kBool:
      return {{"bool", value.asBool()}};
    case Kind::kInt:
      return {{"int", std::to_string(value.asInt())}};
    case Kind::kUint:
      return {{"uint", std::to_string(value.asUint())}};
    case Kind::kDouble:
      return {{"double", doubleText(value.asDouble())}};
    case Kind::kString:
      return {{"string", value.asString()}};
    case Kind::kBytes:
      return {{"bytes", toHex(value.asString())}};
    case Kind::kList:
      return {{"list", writeList(value)}};
    case Kind::kMap:
      return {{"map", writeMap(value)}};
    case Kind::kDuration:
      return {{"duration", std::to_string(value.asDurationNs())}};
    case Kind::kTimestamp:
      return {{"timestamp", json::array({std::to_string(value.asTimestampSeconds()),
                                         std::to_string(value.asTimestampNanos())})}};
    case Kind::kType:
      return {{"type", value.asString()}};
  }
  return {};
}

}  // namespace faasbatch::cel
