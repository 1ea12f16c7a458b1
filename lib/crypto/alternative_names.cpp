#include "lib/crypto/alternative_names.h"

#include <algorithm>

namespace faasbatch::crypto {
namespace {

using Names = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using Name = Owned<GENERAL_NAME, GENERAL_NAME_free>;
using Value = Owned<ASN1_STRING, ASN1_STRING_free>;

constexpr std::size_t kMaxDnsName = 253;  // RFC 1035

bool isDnsName(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._*").contains(c);
  };
  return !name.empty() && name.size() <= kMaxDnsName && std::ranges::all_of(name, allowed);
}

Value dnsValue(const std::string& name) {
  Value value(isDnsName(name) ? ASN1_IA5STRING_new() : nullptr);
  if (value && ASN1_STRING_set(value.get(), name.data(), static_cast<int>(name.size())) != 1) return nullptr;
  return value;
}

bool add(GENERAL_NAMES* names, int type, Value value) {
  Name name(value ? GENERAL_NAME_new() : nullptr);
  if (!name) return false;
  GENERAL_NAME_set0_value(name.get(), type, value.release());
  if (sk_GENERAL_NAME_push(names, name.get()) == 0) return false;
  name.release();  // NOLINT(bugprone-unused-return-value): the list owns it now
  return true;
}

}  // namespace

std::string addAlternativeNames(X509* certificate, const CertificateRequest& request, bool critical) {
  constexpr const char* kNoMemory = "out of memory";
  const Names names(GENERAL_NAMES_new());
  if (!names) return kNoMemory;
  for (const std::string& name : request.dnsNames) {
    if (!add(names.get(), GEN_DNS, dnsValue(name))) return "\"" + name + "\" is no DNS name";
  }
  for (const std::string& address : request.ipAddresses) {
    if (!add(names.get(), GEN_IPADD, Value(a2i_IPADDRESS(address.c_str()))))
      return "\"" + address + "\" is no IP address";
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return {};
  const int added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), critical ? 1 : 0, 0);
  return added == 1 ? "" : kNoMemory;
}

}  // namespace faasbatch::crypto
