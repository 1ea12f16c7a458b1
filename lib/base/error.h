// Errors as values.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace faasbatch::base {

// What went wrong. `kind` is a stable CamelCase word that programs match on (an error type of the contract
// such as "Timeout", "StoreUnavailable", "InvalidJson"); `message` is for people: it carries the offending
// name and value and says what to do. Neither ever carries a secret.
struct Error {
  std::string kind;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string kind, std::string message) {
  return std::unexpected(Error{std::move(kind), std::move(message)});
}

}  // namespace faasbatch::base
