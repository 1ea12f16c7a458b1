#include "runtime/multiplexer/store_message.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/write.h"

namespace faasbatch::multiplexer {
namespace {

constexpr int kHeadDepth = 4;
constexpr std::size_t kMaxHeadBytes = 16 * 1024;

std::unexpected<base::Error> invalid(const std::string& what) { return base::fail("InvalidRequest", what); }

}  // namespace

std::size_t decodeSize(std::string_view bytes) {
  std::size_t size = 0;
  for (std::size_t i = kSizeBytes; i-- > 0;) size = (size << 8) | static_cast<unsigned char>(bytes[i]);
  return size;
}

base::Result<void> checkKey(std::string_view key) {
  if (key.empty() || key.size() > kMaxKeyBytes)
    return base::fail("InvalidKey", "a store key has 1 to " + std::to_string(kMaxKeyBytes) +
                                        " bytes, with the prefix of its workflow; this one has " +
                                        std::to_string(key.size()));
  if (std::ranges::any_of(key, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    return base::fail("InvalidKey", "the store key " + json::quoted(key) + " holds control characters");
  return {};
}

base::Result<StoreRequest> decodeRequest(std::string_view message) {
  const std::size_t end = message.find('\n');
  if (end > kMaxHeadBytes)  // or there is none: npos
    return invalid("a store request without a head line");
  const std::string_view head = message.substr(0, end);
  if (auto checked = json::check(head, kHeadDepth); !checked) return invalid(checked.error().message);
  const auto members = json::members(head);
  if (!members) return invalid(members.error().message);
  const auto text = [&](std::string_view key) {
    return json::asString(json::find(*members, key).value_or("\"\"")).value_or("");
  };
  StoreRequest request;
  const std::string op = text("op");
  if (op == "put") {
    request.op = StoreRequest::Op::kPut;
  } else if (op == "delete") {
    request.op = StoreRequest::Op::kDelete;
  } else if (op != "get") {
    return invalid("op is \"" + op + "\", expected get, put or delete");
  }
  request.key = text("key");
  if (auto checked = checkKey(request.key); !checked) return std::unexpected(checked.error());
  request.isJson = text("type") != "bytes";
  const double ttl = json::asDouble(json::find(*members, "ttl").value_or("0")).value_or(0);
  request.ttlSeconds = std::isfinite(ttl) && ttl > 0 ? ttl : 0;
  if (request.op == StoreRequest::Op::kPut) request.value = message.substr(end + 1);
  return request;
}

std::string encodeAnswer(const base::Result<StoreAnswer>& answer) {
  std::string out(kSizeBytes, '\0');
  json::Object object(out);
  object.boolean("ok", answer.has_value());
  if (answer) {
    object.boolean("found", answer->found).text("type", answer->isJson ? "json" : "bytes");
  } else {
    json::Object(object.key("error"))
        .text("type", answer.error().kind)
        .text("message", answer.error().message)
        .end();
  }
  object.end();
  out += '\n';
  if (answer) out += answer->value;
  std::size_t size = out.size() - kSizeBytes;
  for (std::size_t i = 0; i < kSizeBytes; ++i, size >>= 8) out[i] = static_cast<char>(size & 0xff);
  return out;
}

}  // namespace faasbatch::multiplexer
