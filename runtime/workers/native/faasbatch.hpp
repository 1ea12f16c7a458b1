// Native functions in C++: handlers over std::string_view that may throw.
//
//   #include <faasbatch.hpp>
//   std::string greet(std::string_view input, const faasbatch::Call& call) { return "\"hello\""; }
//   FAASBATCH_CPP_HANDLER(handler, greet)
//
// An exception that leaves the function ends the call with the exception's class name (without namespaces) as
// error type and what() as message. C++17 and later; nothing needs to be linked.
#pragma once

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>

#include "faasbatch.h"

namespace faasbatch {

// An error of a chosen type: `throw faasbatch::Failure("OutOfStock", "none left")`.
class Failure : public std::runtime_error {
 public:
  Failure(std::string type, const std::string& message)
      : std::runtime_error(message), type_(std::move(type)) {}
  const std::string& type() const { return type_; }

 private:
  std::string type_;
};

// What the store functions throw; the class says what is wrong, and is the error type.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class StoreUnavailable : public StoreError {  // it cannot be reached, or cannot take anything just now
  using StoreError::StoreError;
};
class InvalidKey : public StoreError {  // empty, too long, or with control characters
  using StoreError::StoreError;
};
class ValueTooLarge : public StoreError {
  using StoreError::StoreError;
};

// One call, as faasbatch.h says; valid while the handler runs.
class Call {
 public:
  explicit Call(const faasbatch_call* call) : call_(call) {}

  std::string_view input() const { return {call_->input, call_->input_size}; }
  std::string_view invocationId() const { return call_->invocation_id; }
  std::string_view runId() const { return call_->run_id; }
  std::string_view step() const { return call_->step; }
  std::string_view index() const { return call_->index; }
  std::int64_t attempt() const { return call_->attempt; }
  double remaining() const { return faasbatch_remaining(call_); }
  bool cancelled() const { return faasbatch_cancelled(call_) != 0; }

  void log(std::string_view text, faasbatch_stream stream = FAASBATCH_STDOUT) const {
    call_->api->log(call_, stream, text.data(), text.size());
  }

  std::optional<std::string> get(const std::string& key) const {
    faasbatch_type type = FAASBATCH_JSON;
    char* bytes = nullptr;
    std::size_t size = 0;
    const int status = faasbatch_store_get(call_, key.c_str(), &type, &bytes, &size);
    if (status == FAASBATCH_NOT_FOUND) return std::nullopt;
    check(status);
    std::string value(bytes, size);
    faasbatch_release(call_, bytes);
    return value;
  }
  void put(const std::string& key, std::string_view value, faasbatch_type type = FAASBATCH_JSON,
           double ttlSeconds = 0) const {
    check(faasbatch_store_put(call_, key.c_str(), type, value.data(), value.size(), ttlSeconds));
  }
  void remove(const std::string& key) const { check(faasbatch_store_delete(call_, key.c_str())); }

 private:
  void check(int status) const {
    if (status == FAASBATCH_OK) return;
    const std::string_view type = faasbatch_store_error_type(call_);
    const char* const message = faasbatch_store_error(call_);
    if (type == "InvalidKey") throw InvalidKey(message);
    if (type == "ValueTooLarge") throw ValueTooLarge(message);
    throw StoreUnavailable(message);
  }

  const faasbatch_call* call_;
};

namespace detail {

// "std::out_of_range" -> "out_of_range"; template arguments are left out.
inline std::string lastComponent(const std::type_info& type) {
  int status = 0;
  char* demangled = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : type.name();
  std::free(demangled);
  name.resize(std::min(name.find('<'), name.size()));
  const std::size_t colon = name.rfind("::");
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

template <class Function>
int run(Function& function, const faasbatch_call* call, faasbatch_result* result) {
  try {
    const std::string output = function(std::string_view(call->input, call->input_size), Call(call));
    faasbatch_set_output(call, result, output.data(), output.size());
    return FAASBATCH_OK;
  } catch (const Failure& failure) {
    return faasbatch_fail(call, result, failure.type().c_str(), failure.what());
  } catch (const std::exception& error) {
    return faasbatch_fail(call, result, lastComponent(typeid(error)).c_str(), error.what());
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) throw;  // not C++: a thread that is being cancelled
    return faasbatch_fail(call, result, lastComponent(*type).c_str(), "");
  }
}

}  // namespace detail
}  // namespace faasbatch

#define FAASBATCH_CPP_HANDLER(name, function) \
  FAASBATCH_HANDLER(name) { return faasbatch::detail::run(function, call, result); }
