#include "cli/explain_server.h"

#include <array>

namespace faasbatch::cli {
namespace {

struct Cause {
  std::string_view sign;  // in libcurl's words, or OpenSSL's
  std::string_view cause;
  std::string_view advice;
};

constexpr std::string_view kUnknownAuthority =
    "an authority that is not trusted here has signed its certificate";
constexpr std::string_view kTrust =
    "give that authority with --certificate-authority FILE (the operator's own is ca.crt of ConfigMap "
    "faasbatch-ca)";
constexpr std::string_view kClock = "renew it at the server, or set this machine's clock";
constexpr std::string_view kMisnamed = "its certificate is for another name";
constexpr std::string_view kName =
    "call it by a name in its certificate, or say which to expect with --tls-server-name NAME";
constexpr std::string_view kNoTls = "what answers there does not speak TLS";
constexpr std::string_view kPlain = "is it http://, or another port?";
constexpr std::string_view kNotTaken = "it does not take the client certificate that was shown";
constexpr std::string_view kClient = "give one of its authority with --client-certificate and --client-key";

// The first that fits counts.
constexpr std::array kCauses{
    Cause{"certificate has expired", "its certificate has expired", kClock},
    Cause{"certificate is not yet valid", "its certificate is not valid yet", kClock},
    Cause{"certificate subject name", kMisnamed, kName},
    Cause{"alternative certificate", kMisnamed, kName},
    Cause{"local issuer certificate", kUnknownAuthority, kTrust},
    Cause{"self-signed certificate", kUnknownAuthority, kTrust},
    Cause{"self signed certificate", kUnknownAuthority, kTrust},
    Cause{"issuer certificate", kUnknownAuthority, kTrust},
    Cause{"SSL certificate problem", "its certificate is not accepted", kTrust},
    Cause{"certificate required", "it wants a client certificate", kClient},
    Cause{"alert unknown ca", kNotTaken, kClient},
    Cause{"alert bad certificate", kNotTaken, kClient},
    Cause{"alert certificate", kNotTaken, kClient},
    Cause{"wrong version number", kNoTls, kPlain},
    Cause{"packet length too long", kNoTls, kPlain},
    Cause{"resolve proxy", "the proxy of HTTPS_PROXY has an unknown name", "set HTTPS_PROXY or NO_PROXY"},
    Cause{"resolve host", "there is no host of that name", "look at the name, and at the machine's DNS"},
    Cause{"No route to host", "no way leads there", "look at the address, VPN and firewall"},
    Cause{"Network is unreachable", "no way leads there", "look at the address, VPN and firewall"},
    Cause{"Timeout was reached", "no connection in time", "look at the address, VPN and firewall"},
    // "Couldn't" or "Could not"; some versions of libcurl say no more than that.
    Cause{"t connect to server", "nothing answers there",
          "look at host and port, and whether the server runs"},
    Cause{"SSL connect error", "TLS does not come about", "is it an HTTPS port?"},
};

// "SSL peer certificate ... was not OK (SSL certificate problem: certificate has expired)": what is inside.
std::string_view innermost(std::string_view why) {
  const auto open = why.find(" (");
  if (open == why.npos || !why.ends_with(')')) return why;
  return why.substr(open + 2, why.size() - open - 3);
}

}  // namespace

std::string explainServer(std::string_view url, std::string_view why) {
  const std::string prefix = std::string(url) + ": ";
  if (why.starts_with(prefix)) why.remove_prefix(prefix.size());
  for (const Cause& each : kCauses) {
    if (why.find(each.sign) == why.npos) continue;
    return prefix + std::string(each.cause) + " (" + std::string(innermost(why)) +
           "): " + std::string(each.advice);
  }
  return prefix + std::string(why);
}

}  // namespace faasbatch::cli
