// A TLS server that is not ours, for tests.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "lib/crypto/certificate.h"
#include "lib/net/endpoint.h"
#include "lib/testing/child_process.h"
#include "lib/testing/temp_dir.h"

namespace faasbatch::net {

// lib/net/tls_peer.py with a certificate, and where it wants clients' certificates with their CA.
class TlsPeer {
 public:
  explicit TlsPeer(const crypto::KeyPair& pair, const std::string& clientCa = "", bool required = false)
      : process_(argv(pair, clientCa, required)) {
    if (process_.waitForOutput("\n")) port_ = std::atoi(process_.output().c_str() + 5);
  }

  Endpoint endpoint() const {
    return {.kind = Endpoint::Kind::kTcp,
            .host = "127.0.0.1",
            .port = static_cast<std::uint16_t>(port_),
            .path = {}};
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_);
  }

 private:
  std::vector<std::string> argv(const crypto::KeyPair& pair, const std::string& clientCa, bool required) {
    std::vector<std::string> words{"python3", FAASBATCH_SOURCE_DIR "/lib/net/tls_peer.py",
                                   write("certificate", pair.certificatePem), write("key", pair.keyPem)};
    if (!clientCa.empty()) words.push_back(write("ca", clientCa));
    if (required) words.emplace_back("required");
    return words;
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(dir_.file(name)) << text;
    return dir_.file(name);
  }

  testing::TempDir dir_;
  testing::ChildProcess process_;
  int port_ = 0;
};

}  // namespace faasbatch::net
