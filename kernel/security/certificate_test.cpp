#include "kernel/security/certificate.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kernel/security/crypto.hpp"

namespace emporion::security {
namespace {

// Made with openssl 3.0: a root, and two leaves of it, valid from 2020 to 2120. `own_leaf` is made out to messageverificationcerts.sandbox.paypal.com,
// `foreign_leaf` to messageverificationcerts.paypal.com.evil.test.
constexpr std::string_view root = R"(-----BEGIN CERTIFICATE-----
MIIC8TCCAdmgAwIBAgIBATANBgkqhkiG9w0BAQsFADAZMRcwFQYDVQQDDA5TaW11
bGF0ZWQgUm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEX
MBUGA1UEAwwOU2ltdWxhdGVkIFJvb3QwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAw
ggEKAoIBAQCZmExq9QMqEwJ3L7xtXoPxRXbDrsKsc5s4LXJelmSGe3EucxW7emav
rszx08Bf1Px1gxyqAw9I8Z/Pi8S6D6YdvTJANOSuPj1jCDLGUBdrglwLZZ31ji3a
hpYXq33k/ynY6+8ACCl+92DuuvaVanVsjv3EWjd1SkuBhuYISM6q/clQHkMTnaNk
hCf+7ntc34dE4cGyP2KYvOr8MjlSgoYHGTuY/E49g+bZo2KCGoSglvQeAgrqJNrd
cQM98pSMHHQr8ySq2E3amcb40QH5sQlFtXUvFIv65pbW5vw95Ym9wbxN574yLbDH
ru+lQecqqpko6i2DcThHOED0fAPp23uNAgMBAAGjQjBAMA8GA1UdEwEB/wQFMAMB
Af8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBRBMA3LVtlNos/ikz4SbmgyhSVV
WTANBgkqhkiG9w0BAQsFAAOCAQEAHNjwPKhcWcpJaSavmrl21SOEMDVQewMfOzDF
mpELksNfYXqiKNmJ7JuYXxl8fEUBhXW1VlG5pUZVpRn7uRqX1IcTfRUi+3x+ze4+
Uewa//rgTqTvPAv77TQCfG/8bD1YBl+cpr+YZutl5EAgDq1b4/BNsfR9FNUvC517
VzGd7IQk0LNNXXvQRPy+aDLZINa6Qwpib4QpF/mEqWZf4mXu3QKpvR+hr6SCSOFc
HSWpY21e4jxElKXUiefThFmf7nJvChwwF1GxZpBTW7S0VsDZ89vQ/aqQ8Y6poUAU
+wB+PCNvn5o/JP7WK4nwLsT8GqFeOrTw9/g6c6dP3eA5YBgILw==
-----END CERTIFICATE-----
)";
constexpr std::string_view own_leaf = R"(-----BEGIN CERTIFICATE-----
MIIDUzCCAjugAwIBAgIBAjANBgkqhkiG9w0BAQsFADAZMRcwFQYDVQQDDA5TaW11
bGF0ZWQgUm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowNjE0
MDIGA1UEAwwrbWVzc2FnZXZlcmlmaWNhdGlvbmNlcnRzLnNhbmRib3gucGF5cGFs
LmNvbTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALAPBhQrSKRNGg16
NyghY7ZOJFPUIu29WiJUxQ3QkIDHHZOHBsEmLyZgRZXOXCa5RT6FQpuQFaOzlla8
H0peV67ZG/qLfZvdTfvb58/yNuQXYNV6i9Il9IMqHwzArXpFtpK23SWNg7s/hnxY
05Q2P+Pwh7KPHA7CKoDGI8YiOE4+OmPEOEgM0ZMgQi4id2PHWYs1NyIPd6QcLi3P
ZVkUUspf+0VpMnkrS/djAOBoJhgrFi4VFVSfX6ywxEFGm4SC3wJYI1MdhVugxzLB
g+Woq7Sdomb0dzIwHOGkXHELbsc7SHy3VgU2rNKYCNiImdhlOcBj11Rgvfx8pgnq
h0EcXK0CAwEAAaOBhjCBgzAJBgNVHRMEAjAAMDYGA1UdEQQvMC2CK21lc3NhZ2V2
ZXJpZmljYXRpb25jZXJ0cy5zYW5kYm94LnBheXBhbC5jb20wHQYDVR0OBBYEFDAK
zpUjinPDKpOqTPSpycOiOhtgMB8GA1UdIwQYMBaAFEEwDctW2U2iz+KTPhJuaDKF
JVVZMA0GCSqGSIb3DQEBCwUAA4IBAQBMFqdrlAKNwLJnZ5niGr6Dp8aUgOXmjy2U
D+ioJtPiGzQuR73onO9p2+LvYMcoeDZiFK8MwzZgEAh431WP+AywXqznzlgqMFqv
84SZDFhBDufk3h4CgILPtO4nbEQUjWEKtG7HCPiRs3d7T3vkWVqI/MAE9EEMuODa
aR2+yJL/j7E7Vjw5zBjWJZdql6PSEwlxfeZzujZweruo2Q90mN7XAZAt5Lq0xJD5
WzXCMSIWMP7VF4FNvpmSN3h9tdLbS+KLN6AvpBn+Yj05kBeH20TpNk0Ynh2SVIxQ
gEMIovXDTRi2bq+SZY543E1j21Hv0PT5XEpP3zylBwW8p0e9D6Fj
-----END CERTIFICATE-----
)";
constexpr std::string_view foreign_leaf = R"(-----BEGIN CERTIFICATE-----
MIIDVzCCAj+gAwIBAgIBAzANBgkqhkiG9w0BAQsFADAZMRcwFQYDVQQDDA5TaW11
bGF0ZWQgUm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowODE2
MDQGA1UEAwwtbWVzc2FnZXZlcmlmaWNhdGlvbmNlcnRzLnBheXBhbC5jb20uZXZp
bC50ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxA98BHm8bEA+
xidjWkQREi7By4Qu3ntovWtJaqgyPg7frnerhLXkOLrZty32UNfKkYSHq6kfyui8
+JUYKDw1I5c4Kx0hqUERRdMN6uWo7U52mWkIsnNKql3G9gZZYgBqcz7iEZ+R3fTj
mcOe0Do4VTHCbXxbREhKVj1pUx3cO6tyH4j8ycQ8htFiVXs6VCAFalZE6gmGRirK
k45ppfAekDrLvqyJ+FqVoRM1AWs2Wv6zTIDK9Kq0mM+isMiirHHhVqj95AHtjOYR
fXxxIIwX0Vh5TzvxUnwT84CXpSgWj3NQPdOnsQ04KFAfN+L90amrqpzOGtGiu+Zt
/SeyFt/GGQIDAQABo4GIMIGFMAkGA1UdEwQCMAAwOAYDVR0RBDEwL4ItbWVzc2Fn
ZXZlcmlmaWNhdGlvbmNlcnRzLnBheXBhbC5jb20uZXZpbC50ZXN0MB0GA1UdDgQW
BBQrgOqxFZXjUKfcQg/+mEtp9S+PBjAfBgNVHSMEGDAWgBRBMA3LVtlNos/ikz4S
bmgyhSVVWTANBgkqhkiG9w0BAQsFAAOCAQEAe3Ow4aTaJ3en8B/uDyfzwi+8upmA
PpsJf1ZPfL4z/Ulg9emyo+rDN0F4IW+PIlP2UtGlZw9ceSVQ7oGHxP7VCINeGOZc
LKHCNZNv/q9T7YhPky38kB498gMhtjlUR+NTcxaDwgke6P5ObqCE7go6LlpjefKE
+H/Ra2ZWKQahcnti42xxYe6dvGwTu2hsyVBJ2oH3ZUrioevLTyP37yk6YC/XYo2A
Opakm1SW/hJLnvV7XTl3e4xk6L/DdJ7KnjsVZr4R3Ft1JXh5QGmPKdtEtGu0dCua
IE/gtMIJ4YNJHalulHh8qKSTXLyeCnoT0MnXUT/ZbWk1lAC9UVC+oiecdg==
-----END CERTIFICATE-----
)";
// Of "signed text": openssl dgst -sha256 -sign leaf.key | base64.
constexpr std::string_view signature =
    "FW/25g4eVM293y1I1c0b/f91VBb/fs9PyF0tiNSBzcqERR0uZ7DjI6FoCjxVYiYP0eHHtoj8XHv2/"
    "lHpHhjuKnbZax5wlD3o1kywuTdHe2jcZa0ClEI34+bHrYblB64FDGts4YNMlq7JEavv3Yz38heug15s9ccTzqJJkrQHIkbvIsM+XJ7Z+MdzRRM8DMm/EKdB/"
    "wb990mSLgz32n4y4eSToN0Xo6lnJAKxfI4vAvI9gzidM//vdNAmZVp2VY1nP9ChLMoScWMz8FbAhHDb2Mnn4oezWgFK6y1Ge96bOxgMr/9XFp+oYRijgcZLKuOJqkq8ZM80+R8Recz3UB8e3A==";

const UtcTime now = UtcTime::from_micros(1'772'323'200'000'000);

TEST(Certificate, GivesTheKeyOfWhoeverTheRootVouchesFor) {
  const auto key = key_of_certificate(own_leaf, root, "paypal.com", now);
  ASSERT_TRUE(key) << key.error().to_string();
  EXPECT_TRUE(key->verifies("signed text", from_base64(signature).value()));
  EXPECT_FALSE(key->verifies("signed texT", from_base64(signature).value()));
}

TEST(Certificate, RefusesWhatNoRootVouchesFor) {
  const std::string chain = std::string(own_leaf) + std::string(root);
  EXPECT_FALSE(key_of_certificate(chain, "", "paypal.com", now)) << "a root that comes with the chain vouches for nothing";
  EXPECT_FALSE(key_of_certificate(own_leaf, foreign_leaf, "paypal.com", now));
  EXPECT_FALSE(key_of_certificate("", root, "paypal.com", now));
  EXPECT_EQ(key_of_certificate("no certificate", root, "paypal.com", now).error().reason(), "CERTIFICATE_REFUSED");
}

TEST(Certificate, RefusesTheNameOfSomebodyElse) {
  EXPECT_FALSE(key_of_certificate(foreign_leaf, root, "paypal.com", now));
  EXPECT_FALSE(key_of_certificate(own_leaf, root, "pal.com", now));
  EXPECT_TRUE(key_of_certificate(foreign_leaf, root, "evil.test", now));
}

TEST(Certificate, RefusesWhatIsNotValidNow) {
  EXPECT_FALSE(key_of_certificate(own_leaf, root, "paypal.com", UtcTime::parse("2019-12-31T23:59:59Z").value()));
  EXPECT_FALSE(key_of_certificate(own_leaf, root, "paypal.com", UtcTime::parse("2120-01-01T00:00:01Z").value()));
}

TEST(Certificate, RefusesABodyThatChangedByOneByte) {
  std::string changed(own_leaf);
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] == 'A' ? 'B' : 'A');
  EXPECT_FALSE(key_of_certificate(changed, root, "paypal.com", now));
}

}  // namespace
}  // namespace emporion::security
