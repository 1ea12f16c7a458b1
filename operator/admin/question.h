// What comes in by HTTP, and what goes out. C++20, as listener.h.
#pragma once

#include <string>
#include <string_view>

namespace faasbatch::admin {

struct Question {
  std::string method;
  std::string path;           // decoded, without its query
  std::string authorization;  // the header; empty: none
};

struct Answer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
};

// Problem details (RFC 9457), with the reason as title and as `reason`.
Answer problem(int status, std::string_view reason, std::string_view detail);

}  // namespace faasbatch::admin
