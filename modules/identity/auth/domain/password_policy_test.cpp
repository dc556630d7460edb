#include "modules/identity/auth/domain/password_policy.hpp"

#include <gtest/gtest.h>

#include "modules/identity/auth/domain/identifier.hpp"

namespace emporion::auth {
namespace {

std::string verdict(std::string_view password, std::vector<std::string_view> own = {}) {
  const auto checked = check_password(password, password.size(), own);
  return checked ? "fine" : checked.error().reason();
}

TEST(PasswordPolicy, AsksForLengthAndNothingOfComposition) {
  EXPECT_EQ(verdict("short12345!"), "PASSWORD_TOO_SHORT");
  EXPECT_EQ(verdict(std::string(129, 'a')), "PASSWORD_TOO_LONG");
  EXPECT_EQ(verdict("correct horse battery"), "fine");
  EXPECT_EQ(verdict("tangerine lamp post"), "fine");
}

TEST(PasswordPolicy, RefusesWhatIsCommonInAllItsDisguises) {
  for (const auto* common : {"password123456", "P@ssw0rd2024!!", "qwertyuiop12", "123456789012", "aaaaaaaaaaaa", "121212121212", "adminadmin2026",
                             "Iloveyou1234", "WelcomeLondon1"}) {
    EXPECT_EQ(verdict(common), "PASSWORD_COMMON") << common;
  }
}

TEST(PasswordPolicy, RefusesTheOwnersOwnWords) {
  EXPECT_EQ(verdict("margarethe.99", {"margarethe@example.com"}), "PASSWORD_COMMON");
  EXPECT_EQ(verdict("margarethe.99", {"anna@example.com"}), "fine");
}

TEST(Identifiers, HaveOneForm) {
  EXPECT_EQ(parse_email("  Anna@Example.COM ")->canonical, "anna@example.com");
  EXPECT_EQ(parse_phone("+84 (90) 123-45.67")->canonical, "+84901234567");
  for (const auto* bad : {"anna", "@x.y", "a@b", "a b@c.de", "a@b@c.de", "\xc3\xa4@b.de", "0901234567"}) EXPECT_FALSE(parse_identifier(bad).has_value()) << bad;
}

}  // namespace
}  // namespace emporion::auth
