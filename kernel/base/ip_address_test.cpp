#include "kernel/base/ip_address.hpp"

#include <gtest/gtest.h>

namespace emporion {
namespace {

TEST(IpAddress, IsOneTextPerAddressAndRange) {
  EXPECT_EQ(canonical_network("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(canonical_network("::ffff:203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(canonical_network("203.0.113.7/24"), "203.0.113.0/24");
  EXPECT_EQ(canonical_network("203.0.113.7/32"), "203.0.113.7");
  EXPECT_EQ(canonical_network("2001:DB8:0:0::1"), "2001:db8::1");
  EXPECT_EQ(canonical_network("2001:db8:ffff::/33"), "2001:db8:8000::/33");
  for (const char* broken :
       {"", "host", "203.0.113", "203.0.113.7/33", "203.0.113.7/0", "203.0.113.7/", "203.0.113.7/x", "1.2.3.4/24/8", "203.0.113.7, 10.0.0.1"}) {
    EXPECT_FALSE(canonical_network(broken)) << broken;
  }
  EXPECT_FALSE(canonical_ip("203.0.113.0/24"));
  EXPECT_EQ(canonical_ip(" 203.0.113.7 "), "203.0.113.7");
}

}  // namespace
}  // namespace emporion
