// Commands to Redis and what it answers (RESP 2).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

struct redisReader;

namespace faasbatch::stores {

struct RedisReply {
  enum class Kind { kStatus, kError, kInteger, kText, kNull, kOther };
  Kind kind = Kind::kNull;
  std::string text;  // kStatus, kError, kText
  std::int64_t integer = 0;
};

// The bytes of a command: an array of bulk strings. With `head`, the last argument is `head` and then its own
// text.
std::string encodeCommand(const std::vector<std::string_view>& arguments, std::string_view head = {});

// What an error reply means for the caller of the store: always "StoreUnavailable".
base::Error errorOf(const RedisReply& reply, const std::string& where);

// Takes a stream of bytes apart into replies (hiredis's reader).
class RedisReader {
 public:
  RedisReader();
  // False: not RESP; of no use any more.
  bool feed(std::string_view bytes);
  // The next complete reply; nothing where more bytes are needed. False in `sound`: not RESP.
  std::optional<RedisReply> next(bool& sound);

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace faasbatch::stores
