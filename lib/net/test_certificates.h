// Certificates that tests know.
#pragma once

#include <string>

#include "lib/base/time.h"
#include "lib/crypto/certificate.h"

namespace faasbatch::net {

inline base::Instant systemNow() { return base::SystemClock().now(); }

// A CA and what it has signed, from an hour ago to an hour hence unless said otherwise.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "test-ca")
      : ca_(crypto::makeAuthority(name, systemNow() + -kHour, systemNow() + kHour).value()) {}

  const std::string& pem() const { return ca_.certificatePem; }

  // For 127.0.0.1, "localhost" and `name`.
  crypto::KeyPair server(const std::string& name = "peer.test", base::Duration life = kHour) const {
    return issue({.commonName = name,
                  .dnsNames = {name, "localhost"},
                  .ipAddresses = {"127.0.0.1"},
                  .organizations = {},
                  .notBefore = systemNow() + -2 * kHour,
                  .notAfter = systemNow() + life});
  }
  crypto::KeyPair namedOnly(const std::string& name) const {
    return issue({.commonName = name,
                  .dnsNames = {name},
                  .ipAddresses = {},
                  .organizations = {},
                  .notBefore = systemNow() + -kHour,
                  .notAfter = systemNow() + kHour});
  }
  crypto::KeyPair expired() const { return server("late.test", -kHour); }
  crypto::KeyPair client(const std::string& name, std::vector<std::string> organizations = {},
                         base::Duration life = kHour) const {
    return issue({.commonName = name,
                  .dnsNames = {},
                  .ipAddresses = {},
                  .organizations = std::move(organizations),
                  .notBefore = systemNow() + -kHour,
                  .notAfter = systemNow() + life,
                  .server = false,
                  .client = true});
  }

 private:
  static constexpr base::Duration kHour = std::chrono::hours(1);

  crypto::KeyPair issue(const crypto::CertificateRequest& request) const {
    return crypto::issue(ca_, request).value();
  }

  crypto::KeyPair ca_;
};

}  // namespace faasbatch::net
