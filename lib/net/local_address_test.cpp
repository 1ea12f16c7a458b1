#include "lib/net/local_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace faasbatch::net {
namespace {

bool isLocal(const std::string& text) {
  sockaddr_storage storage{};
  if (auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
      ::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr), 1) << text;
    storage.ss_family = AF_INET6;
  }
  return isLocalAddress(reinterpret_cast<const sockaddr&>(storage));
}

TEST(LocalAddress, KnowsThoseOfThisMachineItsLinkAndItsCloud) {
  for (const char* text : {"127.0.0.1",
                           "127.255.255.254",
                           "0.0.0.0",
                           "0.1.2.3",
                           "169.254.169.254",
                           "169.254.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "100.100.100.200",
                           "168.63.129.16",
                           "192.0.0.192",
                           "::",
                           "::1",
                           "::7f00:1",
                           "fe80::1",
                           "febf::1",
                           "ff02::1",
                           "fd00:ec2::254",
                           "::ffff:127.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::7f00:1",
                           "64:ff9b::a9fe:a9fe"}) {
    EXPECT_TRUE(isLocal(text)) << text;
  }
}

TEST(LocalAddress, LeavesAllOthersAlone) {
  for (const char* text :
       {"10.0.0.1", "10.96.0.1", "172.16.0.1", "192.168.1.1", "169.253.255.255", "169.255.0.0", "126.1.1.1",
        "128.0.0.1", "223.255.255.255", "1.1.1.1", "100.100.100.201", "2001:db8::1", "fd00::1", "fec0::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "fd00:ec2::253"}) {
    EXPECT_FALSE(isLocal(text)) << text;
  }
}

TEST(LocalAddress, TakesWhatIsNoInternetAddressForLocal) {
  const sockaddr unix{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_TRUE(isLocalAddress(unix));
}

}  // namespace
}  // namespace faasbatch::net
