// Value::memoryBytes.
#include "lib/cel/map.h"
#include "lib/cel/value.h"

namespace faasbatch::cel {
namespace {

constexpr std::size_t kBlock = 16;          // of the allocator, for each block
constexpr std::size_t kShared = 16;         // counts of a shared pointer
constexpr std::size_t kInsideString = 15;   // characters a string holds without a block
constexpr std::size_t kIndexedEntries = 8;  // entries of a map without an index

std::size_t ofText(const std::string& text) {
  const std::size_t block = text.size() > kInsideString ? text.size() + kBlock : 0;
  return kBlock + kShared + sizeof(std::string) + block;
}

}  // namespace

std::size_t Value::memoryBytes(std::size_t limit) const {
  switch (kind()) {
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType:
      return ofText(asString());
    case Kind::kList: {
      std::size_t bytes = (2 * kBlock) + kShared + sizeof(std::vector<Value>);
      for (const Value& item : asList()) {
        if (bytes >= limit) break;
        bytes += sizeof(Value) + item.memoryBytes(limit - bytes);
      }
      return bytes;
    }
    case Kind::kMap: {
      const MapValue& map = asMap();
      std::size_t bytes = (2 * kBlock) + kShared + sizeof(MapValue);
      if (map.size() > kIndexedEntries) bytes += map.size() * 4 * sizeof(std::uint32_t);
      for (const auto& [key, value] : map.entries()) {
        if (bytes >= limit) break;
        bytes += sizeof(MapValue::Entry) + key.memoryBytes() + value.memoryBytes(limit - bytes);
      }
      return bytes;
    }
    default:
      return 0;
  }
}

}  // namespace faasbatch::cel
