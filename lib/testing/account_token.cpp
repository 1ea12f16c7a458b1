// JSON Web Tokens (RFC 7519) as kube-apiserver signs and checks them: ES256 (RFC 7518, section 3.4), by the
// program `openssl`, which comes with Debian's ca-certificates.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <string_view>

#include "lib/base/base64.h"
#include "lib/testing/kube_api_server.h"

namespace faasbatch::testing {
namespace {

constexpr std::size_t kNumberBytes = 32;  // of P-256

std::string base64Url(std::string_view bytes) {
  std::string text;
  base::appendBase64(text, bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text.substr(0, text.find('='));
}

// The two numbers of a signature in DER, which are short here, as JWS has them: one behind the other, each of
// a fixed length.
std::string joined(std::string_view der) {
  std::string out;
  std::size_t at = 2;
  for (int i = 0; i < 2 && at + 1 < der.size(); ++i) {
    const auto length = static_cast<unsigned char>(der[at + 1]);
    std::string number(der.substr(at + 2, length));
    number.erase(0, number.size() > kNumberBytes ? number.size() - kNumberBytes : 0);
    out.append(kNumberBytes - number.size(), '\0').append(number);
    at += 2 + length;
  }
  return out;
}

std::string signedBy(const std::string& keyFile, const std::string& text) {
  const TempDir directory;
  std::ofstream(directory.file("text"), std::ios::binary) << text;
  ChildProcess openssl({"openssl", "dgst", "-sha256", "-sign", keyFile, "-out", directory.file("signature"),
                        directory.file("text")});
  (void)openssl.wait();
  std::ifstream file(directory.file("signature"), std::ios::binary);
  return joined(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

std::string KubeApiServer::accountToken(const std::string& nameSpace, const std::string& account,
                                        const std::string& uid, base::Instant end) const {
  const auto seconds = [](base::Instant t) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(t - base::Instant{}).count());
  };
  constexpr const char* kIssuer = R"("https://kubernetes.default.svc")";
  const std::string begin = seconds(end + -std::chrono::hours(1));
  const std::string claims = std::string(R"({"aud":[)") + kIssuer + R"(],"iss":)" + kIssuer + R"(,"iat":)" +
                             begin + R"(,"nbf":)" + begin + R"(,"exp":)" + seconds(end) +
                             R"(,"sub":"system:serviceaccount:)" + nameSpace + ":" + account +
                             R"(","kubernetes.io":{"namespace":")" + nameSpace +
                             R"(","serviceaccount":{"name":")" + account + R"(","uid":")" + uid + R"("}}})";
  const std::string text = base64Url(R"({"alg":"ES256","typ":"JWT"})") + "." + base64Url(claims);
  return text + "." + base64Url(signedBy(directory_.file("accounts.key"), text));
}

}  // namespace faasbatch::testing
