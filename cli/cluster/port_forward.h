// `kubectl port-forward` as a child of this process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/time.h"

namespace faasbatch::cli {

// The port in "Forwarding from 127.0.0.1:40123 -> 8443", once that line is complete. Pure.
std::optional<std::uint16_t> forwardedPort(std::string_view output);

struct PortForwardOptions {
  std::string kubeconfig;  // what the user gave; empty: kubectl looks itself
  std::string context;     // likewise
  std::string nameSpace;
  std::string service;
  std::uint16_t port = 0;  // of the Service
};
// Its arguments behind the program's name; the local port is left to kubectl. Pure.
std::vector<std::string> portForwardArguments(const PortForwardOptions& options);

inline constexpr base::Duration kPortForwardTime = std::chrono::seconds(30);  // until it listens
inline constexpr std::size_t kMaxPortForwardOutput = 16 << 10;                // before it listens

// Listens on a port of 127.0.0.1 as long as the child lives: until this object's end, and not longer than the
// thread that started it (PR_SET_PDEATHSIG). What it prints later is left in a pipe, a line a connection:
// some thousand connections may be made over one.
class PortForward {
 public:
  // Blocks until it listens. The program is $KUBECTL, or kubectl on PATH. Kinds "KubectlNotFound",
  // "PortForwardFailed" with the last line that it said.
  static base::Result<std::unique_ptr<PortForward>> start(const PortForwardOptions& options,
                                                          base::Duration time = kPortForwardTime);
  ~PortForward();
  PortForward(const PortForward&) = delete;
  PortForward& operator=(const PortForward&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }

 private:
  PortForward() = default;

  bool spawn(const std::string& program, const std::vector<std::string>& arguments);
  base::Result<void> waitForPort(base::Duration time);

  pid_t pid_ = -1;
  int output_ = -1;
  int errors_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace faasbatch::cli
