// What a handler hands back, behind the opaque type of faasbatch.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/protocol/heads.h"
#include "runtime/workers/native/faasbatch.h"

// Used by one thread at a time. Reusable: clear() keeps the memory of small outputs.
struct faasbatch_result {
  faasbatch_result() = default;
  faasbatch_result(const faasbatch_result&) = delete;
  faasbatch_result& operator=(const faasbatch_result&) = delete;
  ~faasbatch_result() { clear(); }

  void copy(std::string_view json) {
    dropOwned();
    copied_.assign(json);
    isSet_ = true;
  }
  void own(char* json, std::size_t size, void (*release)(void*)) {
    dropOwned();
    owned_ = {json, size};
    release_ = release;
    isSet_ = isOwned_ = true;
  }
  void fail(const char* type, const char* message) {
    error_.emplace();
    error_->type = type != nullptr && *type != '\0' ? type : "Error";
    error_->message = message != nullptr ? message : "";
  }

  std::string_view output() const {
    if (!isSet_) return "null";
    return isOwned_ ? owned_ : std::string_view(copied_);
  }
  const std::optional<faasbatch::protocol::CallError>& error() const { return error_; }

  void clear() {
    dropOwned();
    isSet_ = false;
    error_.reset();
    if (copied_.capacity() > kKeptBytes) copied_ = std::string();
  }

 private:
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  void dropOwned() {
    if (isOwned_ && release_ != nullptr) release_(const_cast<char*>(owned_.data()));
    isOwned_ = false;
    release_ = nullptr;
  }

  bool isSet_ = false;
  bool isOwned_ = false;
  std::string copied_;
  std::string_view owned_;
  void (*release_)(void*) = nullptr;
  std::optional<faasbatch::protocol::CallError> error_;
};
