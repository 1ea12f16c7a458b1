// Values of CEL. Immutable; copying shares lists, maps and strings. Thread-safe to read.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::cel {

class Value;
class MapValue;  // lib/cel/map.h: keys bool, int, uint or string, in insertion order, found by CEL equality
                 // (1 == 1u == 1.0)

class Value {
 public:
  enum class Kind {
    kNull,
    kBool,
    kInt,
    kUint,
    kDouble,
    kString,
    kBytes,
    kList,
    kMap,
    kDuration,
    kTimestamp,
    kType
  };

  Value();  // null
  static Value null();
  static Value boolean(bool v);
  static Value integer(std::int64_t v);
  static Value unsignedInteger(std::uint64_t v);
  static Value real(double v);
  static Value string(std::string v);
  static Value bytes(std::string v);
  static Value list(std::vector<Value> items);
  static Value map(std::vector<std::pair<Value, Value>> entries);  // a later entry of an equal key wins
  static Value duration(std::int64_t nanoseconds);
  static Value timestamp(std::int64_t seconds, std::int32_t nanos);  // in the ranges given at the accessors
  static Value type(std::string name);  // as type() names it: "int", "null_type", ...

  // JSON text (already checked or not) as a value: a number without fraction and exponent that fits is an
  // int, any other a double; of members with the same name the last one wins. At most kMaxJsonDepth arrays
  // and objects inside one another. Fails with kind "InvalidJson".
  static constexpr int kMaxJsonDepth = 128;
  static base::Result<Value> fromJson(std::string_view json);

  // As JSON text, compact. Bytes become base64, durations "3.5s", timestamps RFC 3339; map keys become
  // strings. Fails with kind "ExpressionFailed" on what JSON cannot hold (NaN, infinities, types), and on
  // what has more than `maxBytes`: an element that is shared is written each time it is found, so that a
  // small value may be an endless text. Takes no longer than writing so much.
  static constexpr std::size_t kMaxJsonBytes = std::size_t{64} << 20;
  base::Result<std::string> toJson(std::size_t maxBytes = kMaxJsonBytes) const;

  Kind kind() const;
  std::string_view kindName() const;  // "int", "list", ... as type() names it

  // Precondition of each: kind() is the one asked for.
  bool asBool() const;
  std::int64_t asInt() const;
  std::uint64_t asUint() const;
  double asDouble() const;
  const std::string& asString() const;  // string, bytes and the name of a type
  const std::vector<Value>& asList() const;
  const MapValue& asMap() const;
  std::int64_t asDurationNs() const;        // int64 nanoseconds
  std::int64_t asTimestampSeconds() const;  // since the Unix epoch; years 1 to 9999
  std::int32_t asTimestampNanos() const;    // 0..999'999'999

  // What it holds on to on the heap, an estimate; looks at every element, and counts one that is shared for
  // each time it is found. Looks no further once it has counted `limit` bytes.
  std::size_t memoryBytes(std::size_t limit = SIZE_MAX) const;

  // CEL equality: across numeric types; never fails.
  friend bool operator==(const Value& a, const Value& b);

 private:
  struct Timestamp {
    std::int64_t seconds;
    std::int32_t nanos;
  };
  using Data = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, Timestamp,
                            std::shared_ptr<const std::string>, std::shared_ptr<const std::vector<Value>>,
                            std::shared_ptr<const MapValue>>;

  Value(Kind kind, Data data) : kind_(kind), data_(std::move(data)) {}

  Kind kind_;
  Data data_;
};

}  // namespace faasbatch::cel
