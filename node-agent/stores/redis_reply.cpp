#include "node-agent/stores/redis_reply.h"

#include <hiredis/hiredis.h>

#include <charconv>

namespace faasbatch::stores {
namespace {

// An idle reader keeps a buffer up to this size for the next replies; beyond, it is freed.
constexpr std::size_t kIdleBuffer = std::size_t{64} << 10;

void appendLength(std::string& out, char sign, std::size_t length) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, length).ptr;
  out += sign;
  out.append(digits, end);
  out += "\r\n";
}

RedisReply convert(const redisReply& raw) {
  const auto text = [&raw] { return std::string(raw.str, raw.len); };
  switch (raw.type) {
    case REDIS_REPLY_STATUS:
      return {RedisReply::Kind::kStatus, text(), 0};
    case REDIS_REPLY_ERROR:
      return {RedisReply::Kind::kError, text(), 0};
    case REDIS_REPLY_STRING:
      return {RedisReply::Kind::kText, text(), 0};
    case REDIS_REPLY_INTEGER:
      return {RedisReply::Kind::kInteger, {}, raw.integer};
    case REDIS_REPLY_NIL:
      return {RedisReply::Kind::kNull, {}, 0};
    default:
      return {RedisReply::Kind::kOther, {}, 0};
  }
}

}  // namespace

std::string encodeCommand(const std::vector<std::string_view>& arguments, std::string_view head) {
  constexpr std::size_t kLengthLine = 16;
  std::size_t size = kLengthLine + head.size();
  for (const std::string_view argument : arguments) size += argument.size() + kLengthLine;
  std::string out;
  out.reserve(size);
  appendLength(out, '*', arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view before = i + 1 == arguments.size() ? head : std::string_view();
    appendLength(out, '$', before.size() + arguments[i].size());
    out += before;
    out += arguments[i];
    out += "\r\n";
  }
  return out;
}

base::Error errorOf(const RedisReply& reply, const std::string& where) {
  const std::string& text = reply.text;
  std::string advice = where + " refuses";
  if (text.starts_with("OOM")) {
    advice = where + " is full: raise its maxmemory, or set maxmemory-policy volatile-ttl";
  } else if (text.starts_with("NOAUTH") || text.starts_with("WRONGPASS") || text.starts_with("NOPERM") ||
             text.starts_with("ERR invalid password") || text.starts_with("ERR AUTH")) {
    advice = where + " does not accept the user or password: check the URL that the agent was given";
  } else if (text.starts_with("LOADING")) {
    advice = where + " is still loading its data: try again";
  } else if (text.starts_with("READONLY")) {
    advice = where + " is a replica that takes no writes: give the agent its master";
  } else if (text.starts_with("MISCONF")) {
    advice = where + " cannot save to its disk and takes no writes: see its log";
  } else if (text.starts_with("WRONGTYPE")) {
    advice = where + " holds something else under this key: use a database of its own";
  }
  return {"StoreUnavailable", advice + " [" + text.substr(0, text.find('\n')) + "]"};
}

void RedisReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisReader::RedisReader() : reader_(redisReaderCreate()) {
  if (reader_) reader_->maxbuf = kIdleBuffer;
}

bool RedisReader::feed(std::string_view bytes) {
  return reader_ && redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK;
}

std::optional<RedisReply> RedisReader::next(bool& sound) {
  void* raw = nullptr;
  sound = redisReaderGetReply(reader_.get(), &raw) == REDIS_OK;
  if (!sound || raw == nullptr) return std::nullopt;
  RedisReply reply = convert(*static_cast<redisReply*>(raw));
  freeReplyObject(raw);
  return reply;
}

}  // namespace faasbatch::stores
