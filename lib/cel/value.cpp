#include "lib/cel/value.h"

#include "lib/cel/map.h"

namespace faasbatch::cel {

Value::Value() : kind_(Kind::kNull) {}

Value Value::null() { return {}; }

Value Value::boolean(bool v) { return {Kind::kBool, v}; }

Value Value::integer(std::int64_t v) { return {Kind::kInt, v}; }

Value Value::unsignedInteger(std::uint64_t v) { return {Kind::kUint, v}; }

Value Value::real(double v) { return {Kind::kDouble, v}; }

Value Value::string(std::string v) {
  return {Kind::kString, std::make_shared<const std::string>(std::move(v))};
}

Value Value::bytes(std::string v) {
  return {Kind::kBytes, std::make_shared<const std::string>(std::move(v))};
}

Value Value::list(std::vector<Value> items) {
  return {Kind::kList, std::make_shared<const std::vector<Value>>(std::move(items))};
}

Value Value::map(std::vector<std::pair<Value, Value>> entries) {
  return {Kind::kMap, std::make_shared<const MapValue>(std::move(entries))};
}

Value Value::duration(std::int64_t nanoseconds) { return {Kind::kDuration, nanoseconds}; }

Value Value::timestamp(std::int64_t seconds, std::int32_t nanos) {
  return {Kind::kTimestamp, Timestamp{seconds, nanos}};
}

Value Value::type(std::string name) {
  return {Kind::kType, std::make_shared<const std::string>(std::move(name))};
}

Value::Kind Value::kind() const { return kind_; }

std::string_view Value::kindName() const {
  switch (kind_) {
    case Kind::kNull:
      return "null_type";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kUint:
      return "uint";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kBytes:
      return "bytes";
    case Kind::kList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kDuration:
      return "google.protobuf.Duration";
    case Kind::kTimestamp:
      return "google.protobuf.Timestamp";
    case Kind::kType:
      return "type";
  }
  return "null_type";
}

bool Value::asBool() const { return std::get<bool>(data_); }

std::int64_t Value::asInt() const { return std::get<std::int64_t>(data_); }

std::uint64_t Value::asUint() const { return std::get<std::uint64_t>(data_); }

double Value::asDouble() const { return std::get<double>(data_); }

const std::string& Value::asString() const { return *std::get<std::shared_ptr<const std::string>>(data_); }

const std::vector<Value>& Value::asList() const {
  return *std::get<std::shared_ptr<const std::vector<Value>>>(data_);
}

const MapValue& Value::asMap() const { return *std::get<std::shared_ptr<const MapValue>>(data_); }

std::int64_t Value::asDurationNs() const { return std::get<std::int64_t>(data_); }

std::int64_t Value::asTimestampSeconds() const { return std::get<Timestamp>(data_).seconds; }

std::int32_t Value::asTimestampNanos() const { return std::get<Timestamp>(data_).nanos; }

}  // namespace faasbatch::cel
